import Core
import Datasets
import Diffusion
import Preferences

extension Recipe {
    /// The reward model whose scores are those of the data's pictures, in the place of scores that the data have.
    package struct Reward: KeyedSettings, Equatable {
        /// Its kind.
        package var kind = PickScore.kind
        /// Where its files lie, and which rules it follows.
        package var files = RewardFiles("")

        private typealias Key = SettingsKey<Reward>

        /// The keys of `reward`.
        package static let schema = SettingsSchema<Reward>(
            Reward(),
            [
                Key("kind", \.kind, .named(RewardKind.all) { $0.name }, default: .required, "what it is"),
                Key(
                    "model", \.files.model, .text("the path of a folder or file"), default: .required,
                    "its folder, or its file of weights"),
                Key(
                    "processor", \.files.processor, .optional(.text("the path of a folder")), default: .omitted(nil),
                    when: takes(.processor),
                    "the folder of its tokenizer and preprocessor_config.json, where they lie apart from it"),
                Key(
                    "head", \.files.head, .optional(.text("the path of a file")), default: .omitted(nil),
                    when: takes(.head), "the file of the aesthetic head, where it lies apart from CLIP"),
                Key(
                    "reader", \.files.reader, .optional(.choice), default: .omitted(nil), when: takes(.reader),
                    "how captions become tokens; null as the model's own programs do it"),
                Key(
                    "resize_order", \.files.resizeOrder, .choice, default: .omitted(.across), when: takes(.resizeOrder),
                    "which pass of Pillow's resize goes first, as data.resize_order"),
                Key(
                    "antialias", \.files.antialias, .bool, default: .omitted(true), when: takes(.antialias),
                    "whether the resize of floats is antialiased, as torchvision's is from 0.17 on"),
            ])

        private static func takes(_ part: RewardFiles.Part) -> Key.Condition {
            let kinds = RewardKind.all.filter { $0.parts.contains(part) }.map(\.name)
            return Key.Condition("reward.kind: \(kinds.joined(separator: ", "))") {
                $0.kind.parts.contains(part) ? nil : "reward.kind: \($0.kind.name)"
            }
        }
    }
}
