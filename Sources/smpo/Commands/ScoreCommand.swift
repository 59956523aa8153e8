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
            Four kinds of reward models, by --reward. Scores are in the model's own unit:

            pickscore    a folder of a CLIP with both towers, in the layout of
                         transformers: config.json, model.safetensors, and beside them, or
                         in --processor, preprocessor_config.json and the tokenizer's
                         files. A score is the cosine of picture and caption. Of several
                         pictures the share of each is printed too: the softmax over
                         exp(logit_scale) times the cosines.
            hpsv2        a file such as HPS_v2.1_compressed.pt, and CLIP's tokenizer in
                         --processor (that of Stable Diffusion 1.5 is one). The cosine,
                         and 100 times it. Scores of v2.0 and v2.1 say nothing beside
                         each other.
            imagereward  ImageReward.pt, med_config.json beside it, and vocab.txt of
                         bert-base-uncased beside it or in --processor.
            aesthetic    a folder of CLIP ViT-L/14, and the file of a head (.pth) in it
                         or by --head. Captions are not read.

            With several captions every picture is scored with each. With --pairs both
            pictures of every pair of a folder are scored, and nothing is written; smpo
            label writes.

            EXAMPLES
              smpo score --model Golden/shapes-pickscore a.png b.png --caption "a small red circle in the centre"
              smpo score --model PickScore_v1 --processor CLIP-ViT-H-14-laion2B-s32B-b79K a.png --caption "a cup"
              smpo score --reward hpsv2 --model HPS_v2.1_compressed.pt --processor sd15/tokenizer a.png --caption "a cup"
              smpo score --reward imagereward --model ImageReward a.png b.png --caption "a cup" --json
              smpo score --reward aesthetic --model clip-vit-large-patch14 --head sac+logos+ava1-l14-linearMSE.pth a.png
              smpo score --model Golden/shapes-pickscore --pairs data/pairs

            \(ExitStatus.help([.success, .trouble, .usage]))
            """)

    @OptionGroup var rewardOptions: RewardOptions

    @Argument(help: "Pictures: PNG, JPEG or WebP.")
    var images: [String] = []

    @Option(name: .customLong("caption"), help: "The caption. Repeatable.")
    var captions: [String] = []

    @Option(help: "Folder of pairs (pairs.jsonl and its pictures).")
    var pairs: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var engineOptions: EngineOptions

    @OptionGroup var deviceOptions: DeviceOptions

    func validate() throws {
        if (pairs == nil) == images.isEmpty {
            throw ValidationError("expected either pictures with --caption, or --pairs FOLDER")
        }
        let reads = try rewardOptions.choice().kind.readsCaptions
        if pairs == nil && captions.isEmpty && reads { throw ValidationError("pictures need a --caption") }
        if pairs == nil && !captions.isEmpty && !reads { throw ValidationError("--caption: this model reads none") }
        if pairs != nil && !captions.isEmpty { throw ValidationError("--pairs takes the captions of the folder") }
    }

    func run() throws {
        let engine = try deviceOptions.engine(engineOptions)
        defer { engine.stop() }
        let scorer = try rewardOptions.open()
        if let note = scorer.note { Message.note(note) }
        if let pairs { return try scorePairs(pairs, scorer, engine) }
        let pictures = try images.map { try ImageDecoder.decodeStored(bytes: FileContents.read($0), file: $0) }
        let captions = scorer.kind.readsCaptions ? captions : [""]
        Message.note(InputNotes(captions: captions, isCut: scorer.cuts))
        guard captions.count == 1 else { return try scoreTable(pictures, scorer, engine) }
        let caption = captions[0]
        let scores = try scorer.scores(pictures, captions: pictures.map { _ in caption }, engine: engine)
        let shares = (scorer as? PickScore)?.shares(scores)
        if json {
            let list = images.indices.map { place -> JSONValue in
                var row: JSONObject = [
                    "image": .string(images[place]), "score": .decimal(Double(scores[place])),
                ]
                if let shares { row["share"] = .decimal(Double(shares[place])) }
                return .object(row)
            }
            var value = head(scorer)
            if scorer.kind.readsCaptions { value["caption"] = .string(caption) }
            value["images"] = .array(list)
            return print(JSONValue.object(value).pretty)
        }
        for (place, image) in images.enumerated() {
            let share = shares.map { String(format: "  %.3f", $0[place]) } ?? ""
            Message.line(scorer.text(scores[place]) + share + "  " + image)
        }
    }

    private func head(_ scorer: any RewardModel) -> JSONObject {
        [
            "schema": 1, "scorer": .digest(scorer.digest), "reward": .string(scorer.kind.name),
            "reader": scorer.reader.map { .string($0) } ?? .null,
        ]
    }

    private func scoreTable(
        _ pictures: [StoredPicture], _ scorer: any RewardModel, _ engine: Engine
    ) throws {
        let scores = try scorer.table(pictures, captions: captions, engine: engine).scores.floats
        if json {
            let rows = captions.indices.map { caption -> JSONValue in
                [
                    "caption": .string(captions[caption]),
                    "scores": .array(
                        images.indices.map { .decimal(Double(scores[caption * images.count + $0])) }),
                ]
            }
            var value = head(scorer)
            value["images"] = .array(images.map { .string($0) })
            value["captions"] = .array(rows)
            return print(JSONValue.object(value).pretty)
        }
        for (caption, text) in captions.enumerated() {
            Message.line(text)
            for (place, image) in images.enumerated() {
                Message.line("  " + scorer.text(scores[caption * images.count + place]) + "  " + image)
            }
        }
    }

    private func scorePairs(_ folder: String, _ scorer: any RewardModel, _ engine: Engine) throws {
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
            var value = head(scorer)
            value["pairs"] = .array(list)
            value["agreement"] = agreement.json
            return print(JSONValue.object(value).pretty)
        }
        for (item, score) in zip(pairs.items, scores.scores) {
            Message.line("\(scorer.text(score.0))  \(scorer.text(score.1))  \(item.id)  \(item.caption)")
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
