import ArgumentParser
import Core
import Datasets
import Diffusion
import Foundation
import Preferences

/// Which reward model a command asks, and where its files lie.
struct RewardOptions: ParsableArguments {
    @Option(help: "Kind of the reward model: pickscore, hpsv2, imagereward, aesthetic.")
    var reward = "pickscore"

    @Option(help: "Its folder, or its file of weights.")
    var model: String

    @Option(help: "Folder of its tokenizer and preprocessor_config.json, where they lie apart from it.")
    var processor: String?

    @Option(help: "File of an aesthetic head.")
    var head: String?

    @Option(
        help:
            "How captions become tokens: transformers, open_clip, transformers-4-slow-ftfy, transformers-4-slow (default: as the model's own programs do it)."
    )
    var reader: String?

    @Option(help: "Which pass of Pillow's resize goes first: across (Pillow up to 12.1), pillow-13.")
    var resizeOrder = "across"

    @Flag(inversion: .prefixedNo, help: "Antialias HPS v2's resize, as torchvision does from 0.17 on.")
    var antialias = true

    /// What the options say.
    struct Choice {
        let kind: RewardKind
        let files: RewardFiles
    }

    func validate() throws { _ = try choice() }

    /// The model that is named. - Throws: `ValidationError` for a name that is not known.
    func choice() throws -> Choice {
        func named<Value>(_ option: String, _ name: String, _ value: Value?, _ all: [String]) throws -> Value {
            if let value { return value }
            throw ValidationError("--\(option): expected \(all.joined(separator: ", ")), found \"\(name)\"")
        }
        let kind = try named("reward", reward, RewardKind.named(reward), RewardKind.all.map(\.name))
        let reader = try reader.map {
            try named("reader", $0, CaptionReader(rawValue: $0), CaptionReader.allCases.map(\.rawValue))
        }
        let order = try named(
            "resize-order", resizeOrder, PillowResize.Order(rawValue: resizeOrder),
            PillowResize.Order.allCases.map(\.rawValue))
        return Choice(
            kind: kind,
            files: RewardFiles(
                model, processor: processor, head: head, reader: reader, resizeOrder: order, antialias: antialias))
    }

    /// Opens the model. - Throws: what is missing, misshapen or not finite, with the file's name.
    func open() throws -> any RewardModel {
        let choice = try choice()
        return try choice.kind.open(choice.files)
    }
}

extension RewardModel {
    /// What a score is, in one line; of PickScore, whose scores are printed by themselves, nothing.
    var note: String? {
        guard kind != PickScore.kind else { return nil }
        let factor = kind.displayFactor == 1 ? "" : ", shown x \(Int(kind.displayFactor))"
        return "\(kind.title): \(kind.unit)\(factor)" + (reader.map { "; captions read as \($0) does" } ?? "")
    }

    /// A score as it is printed: in its own unit, and where that is usual scaled.
    func text(_ score: Float) -> String {
        let own = String(format: "%+.6f", score)
        guard kind.displayFactor != 1, kind != PickScore.kind else { return own }
        return own + String(format: "  %.\(kind.displayDigits)f", display(score))
    }
}
