import Core
import Preferences

/// A reward model that pictures are judged by: its kind, its files, and in which form it is shown pictures.
package struct EvaluationReward: Sendable {
    /// What it is.
    package let kind: RewardKind
    /// Its files and rules.
    package let files: RewardFiles
    /// In which form it is shown pictures.
    package let encoding: PictureEncoding

    /// Takes all fields as they are.
    package init(kind: RewardKind, files: RewardFiles, encoding: PictureEncoding) {
        (self.kind, self.files, self.encoding) = (kind, files, encoding)
    }

    /// What is said of it beside its scores.
    package struct Statement: Sendable {
        /// What it is.
        package let kind: RewardKind
        /// Its folder or file, as it was asked for.
        package let model: String
        /// In which form it was shown pictures.
        package let encoding: PictureEncoding
        /// How captions are read; nil of a model that reads none.
        package let reader: String?
        /// How pictures are brought to its size.
        package let resize: String
        /// Stands for all that a score follows from besides picture and caption; and of what it is made.
        package let digest: Digest, digests: [String: Digest]
        /// Prompts that have more tokens than it takes.
        package let cut: Int

        /// What is said of `model`, which `reward` has opened.
        package init(_ reward: EvaluationReward, _ model: any RewardModel, prompts: [String]) {
            (kind, self.model, encoding) = (reward.kind, reward.files.model, reward.encoding)
            (reader, digest, digests) = (model.reader, model.digest, model.digests)
            let rule =
                reward.kind.parts.contains(.antialias)
                ? "cubic of floats, \(reward.files.antialias ? "antialiased" : "not antialiased")"
                : "Pillow's cubic, order \(reward.files.resizeOrder.rawValue)"
            resize = "\(rule), to \(model.edge)"
            cut = prompts.count(where: model.cuts)
        }
    }
}
