import ArgumentParser
import Compute
import Core
import Datasets
import Foundation
import Ledger
import Preferences

/// `smpo score`
struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Score pictures by how well they fit a caption and please.",
        discussion: """
            The model is a folder of a CLIP with both towers, in the layout of
            transformers: config.json, model.safetensors, preprocessor_config.json and
            the tokenizer's files; PickScore is one. A score is the cosine of picture
            and caption. Of several pictures the share of each is printed too: the
            softmax over exp(logit_scale) times the cosines.

            With --pairs both pictures of every pair of a folder are scored, and
            nothing is written; smpo label writes.

            EXAMPLES
              smpo score --model Golden/shapes-pickscore a.png b.png --caption "a small red circle in the centre"
              smpo score --model Golden/shapes-pickscore --pairs data/pairs
              smpo score --model Golden/shapes-pickscore --pairs data/pairs --json

            \(ExitStatus.help([.success, .trouble, .usage]))
            """)

    @Option(help: "Folder of the scorer.")
    var model: String

    @Argument(help: "Pictures: PNG, JPEG or WebP.")
    var images: [String] = []

    @Option(help: "The caption.")
    var caption: String?

    @Option(help: "Folder of pairs (pairs.jsonl and its pictures).")
    var pairs: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var engineOptions: EngineOptions

    func validate() throws {
        if (pairs == nil) == images.isEmpty {
            throw ValidationError("expected either pictures with --caption, or --pairs FOLDER")
        }
        if pairs == nil && caption == nil { throw ValidationError("pictures need a --caption") }
        if pairs != nil && caption != nil { throw ValidationError("--pairs takes the captions of the folder") }
    }

    func run() throws {
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let scorer = try PickScore(path: model)
        if let pairs { return try scorePairs(pairs, scorer, engine) }
        let pictures = try images.map { try ImageDecoder.decode(bytes: FileContents.read($0), file: $0) }
        let caption = caption ?? ""
        Message.note(InputNotes(captions: [caption], isCut: scorer.cuts))
        let scores = try scorer.scores(pictures, captions: pictures.map { _ in caption }, engine: engine)
        let shares = scorer.shares(scores)
        if json {
            let list = zip(images, zip(scores, shares)).map { image, result -> JSONValue in
                [
                    "image": .string(image), "score": .decimal(Double(result.0)),
                    "share": .decimal(Double(result.1)),
                ]
            }
            let value: JSONValue = [
                "schema": 1, "scorer": .digest(scorer.digest), "caption": .string(caption), "images": .array(list),
            ]
            return print(value.pretty)
        }
        for (image, (score, share)) in zip(images, zip(scores, shares)) {
            Message.line(String(format: "%+.6f  %.3f  ", score, share) + image)
        }
    }

    private func scorePairs(_ folder: String, _ scorer: PickScore, _ engine: Engine) throws {
        let pairs = try FolderPairs.loadAll(folder: folder)
        Message.note(InputNotes(captions: pairs.items.map(\.caption), isCut: scorer.cuts))
        let bar = ProgressBar(total: pairs.count, unit: "pair")
        let scores = try PairScores(pairs, scorer: scorer, engine: engine) { bar.update($0) }
        bar.finish()
        let agreement = scores.agreement(with: pairs)
        if json {
            let list = zip(pairs.items, scores.scores).map { item, score -> JSONValue in
                [
                    "pair": .string(item.id), "caption": .string(item.caption),
                    "score_0": .decimal(Double(score.0)), "score_1": .decimal(Double(score.1)),
                ]
            }
            let value: JSONValue = [
                "schema": 1, "scorer": .digest(scorer.digest), "pairs": .array(list), "agreement": agreement.json,
            ]
            return print(value.pretty)
        }
        for (item, score) in zip(pairs.items, scores.scores) {
            Message.line(String(format: "%+.6f  %+.6f  ", score.0, score.1) + "\(item.id)  \(item.caption)")
        }
        Message.line("human labels  \(agreement)")
    }
}

extension PairScores.Agreement {
    /// The counts by name.
    var json: JSONValue {
        ["agree": .integer(agree), "decided": .integer(decided), "ties": .integer(ties)]
    }
}
