import Core
import Datasets
import Foundation
import Ledger
import Testing
import TinyRuns

/// From a recipe to a scorer, scores and labels, with nothing but the program.
@Suite struct ScoreTests {
    /// A sandbox with a scorer in `scorer` and eight pairs in `pairs`, one line of which has a member of its own.
    private func withScorer(_ body: (Sandbox) throws -> Void) throws {
        try Sandbox.with { sandbox in
            let trained = try sandbox.program.run(
                "train", try sandbox.runs.pickscore(), "--record", "--workers", "1", "--out", "scorer")
            #expect(trained.status == 0, "\(trained.errors)")
            let dataset = ShapesDataset(world: try ShapesWorld(seed: 9, side: 16), count: 8)
            try FileContents.makeFolder(sandbox.runs.path("pairs"))
            var lines = ""
            for index in 0..<dataset.count {
                let item = dataset.item(at: index)
                for side in PairSide.allCases {
                    let planes = try dataset.pixels(at: index, which: side, size: 16)
                    try PNGWriter.write(
                        PixelPlanes.image(planes, width: 16, height: 16),
                        to: sandbox.runs.path("pairs/\(index)-\(side.rawValue).png"))
                }
                var line: JSONObject = [
                    "caption": .string(item.caption), "image_0": .string("\(index)-0.png"),
                    "image_1": .string("\(index)-1.png"), "label_0": .decimal(item.label0),
                    "label_1": .decimal(item.label1),
                ]
                if index == 3 { line["source"] = "mine" }
                lines += JSONValue.object(line).canonical + "\n"
            }
            try sandbox.runs.write(lines, to: "pairs/pairs.jsonl")
            try body(sandbox)
        }
    }

    private func list(_ sandbox: Sandbox) throws -> [JSONCursor] {
        try FileContents.read(sandbox.runs.path("pairs/pairs.jsonl")).split(separator: 0x0A).map {
            JSONCursor(try JSONValue.parse(Array($0), file: "pairs.jsonl"), name: "line")
        }
    }

    @Test func picturesAreScored() throws {
        try withScorer { sandbox in
            let caption = try list(sandbox)[0]["caption"].string()
            let result = try sandbox.program.run(
                "score", "--model", "scorer", "pairs/0-0.png", "pairs/0-1.png", "--caption", caption, "--json")
            #expect(result.status == 0, "\(result.errors)")
            let images = try JSONCursor(JSONValue.parse(result.output, file: "stdout"), name: "score")["images"]
                .elements()
            let scores = try images.map { try $0["score"].double() }
            let shares = try images.map { try $0["share"].double() }
            #expect(scores.allSatisfy { abs($0) <= 1 } && abs(shares.reduce(0, +) - 1) < 1e-6)
            #expect((scores[0] > scores[1]) == (shares[0] > shares[1]))
            let text = try sandbox.program.run(
                "score", "--model", "scorer", "pairs/0-0.png", "pairs/0-1.png", "--caption", caption)
            #expect(text.output.split(separator: "\n").count == 2 && text.output.hasSuffix("pairs/0-1.png\n"))

            #expect(try sandbox.program.run("score", "--model", "scorer", "pairs/0-0.png").status == 64)
            #expect(try sandbox.program.run("score", "--model", "scorer").status == 64)
            #expect(
                try sandbox.program.run("score", "--model", "pairs", "pairs/0-0.png", "--caption", "a").status == 2)
        }
    }

    @Test func aFolderIsLabelled() throws {
        try withScorer { sandbox in
            let before = try list(sandbox)
            let program = sandbox.program
            let result = try program.run("label", "pairs", "--model", "scorer", "--gamma", "5", "--json")
            #expect(result.status == 0, "\(result.errors)")
            let report = JSONCursor(try JSONValue.parse(result.output, file: "stdout"), name: "label")
            let after = try list(sandbox)
            #expect(before.count == after.count)
            for (old, new) in zip(before, after) {
                var object = try new.object()
                #expect(object["score_0"] != nil && object["score_1"] != nil)
                (object["score_0"], object["score_1"]) = (nil, nil)
                #expect(try object == old.object())
            }
            // The same scores as `smpo score` gives, in the list and in the ledger.
            let labelling = try #require(try sandbox.workspace.openLedger(readOnly: true).labellings().last)
            #expect(labelling.gamma == 5 && labelling.items.count == 8)
            #expect(try labelling.scorer.hex == report["scorer"].string())
            for (line, item) in zip(after, labelling.items) {
                let scores = [try line["score_0"].double(), try line["score_1"].double()]
                #expect(item.scores == scores)
                let isTie = try line["label_0"].double() == 0.5
                #expect((item.weight == nil) == isTie)
                if let weight = item.weight, let alpha = item.alpha {
                    #expect(weight >= 0 && abs(2 * alpha - 5 - weight) < 1e-5)
                    #expect(scores.allSatisfy(labelling.scoreRange.contains))
                }
            }
            let agree = try zip(before, labelling.items).filter { line, item in
                let label = try line["label_0"].double()
                return label != 0.5 && (label == 1) == (item.scores[0] > item.scores[1])
            }
            #expect(try report["agreement"]["agree"].double() == Double(agree.count))
            #expect(try Digest.file(sandbox.runs.path("pairs/0-1.png")) == labelling.items[0].images[1])

            // A training finds the data that the record names, once the strange member is out of the list.
            let text = String(decoding: try FileContents.read(sandbox.runs.path("pairs/pairs.jsonl")), as: UTF8.self)
            try sandbox.runs.write(
                text.replacingOccurrences(of: ",\"source\":\"mine\"", with: ""), to: "pairs/pairs.jsonl")
            let recipe = try sandbox.runs.smpo(data: "pairs", steps: 1)
            let trained = try program.run("train", recipe, "--record", "--name", "labelled", "--workers", "1")
            #expect(trained.status == 0, "\(trained.errors)")
            let manifest = try Manifest.read(sandbox.workspace.manifest("labelled"))
            #expect(manifest.inputs.digests["data"] == labelling.data)

            #expect(try program.run("label", "pairs", "--model", "scorer", "--gamma", "0").status == 64)
            #expect(try program.run("label", "nowhere", "--model", "scorer").status == 2)
        }
    }

    /// Drawn pictures have no size but the shapes world's: a scorer of another one labels them, and is evaluated on them.
    @Test func aScorerOfAnotherSizeLooksAtDrawnPictures() throws {
        try Sandbox.with { sandbox in
            let clip = String(decoding: try FileContents.read(sandbox.runs.path("clip.json")), as: UTF8.self)
            let wide = clip.replacing(/"image_size": *16/, with: "\"image_size\": 24")
            #expect(wide != clip)
            try sandbox.runs.write(wide, to: "clip.json")
            let pairs = try PairFolder(sandbox.runs, count: 6)
            let trained = try sandbox.program.run(
                "train", try sandbox.runs.pickscore(data: pairs.path), "--set", "data.size=24", "--out", "scorer")
            #expect(trained.status == 0, "\(trained.errors)")
            let evaluated = try sandbox.program.run("eval", "--model", "scorer", "--pairs", "10", "--json")
            #expect(evaluated.status == 0 && evaluated.output.contains("score_accuracy"), "\(evaluated.errors)")
            let recipe = try sandbox.runs.smpo(steps: 1, more: "reward: {kind: pickscore, model: scorer}")
            let scored = try sandbox.program.run("data", "encode", recipe, "--rewards")
            #expect(scored.status == 0, "\(scored.errors)")
            #expect(try sandbox.program.run("train", recipe, "--record", "--name", "labelled").status == 0)
            #expect(try sandbox.program.run("audit", "labelled", "--remake-latents").status == 0)
        }
    }

    @Test func aScorersRunIsAudited() throws {
        try withScorer { sandbox in
            let audit = try sandbox.program.run("audit", "run-1", "--workers", "2")
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
            // A scorer is no diffusion model, and the other way round.
            #expect(try sandbox.program.run("sample", "--model", "scorer", "--out", "x.png").status == 2)
            let evaluated = try sandbox.program.run("eval", "--model", "scorer", "--pairs", "10", "--json")
            #expect(evaluated.status == 0 && evaluated.output.contains("score_accuracy"), "\(evaluated.errors)")
        }
    }
}
