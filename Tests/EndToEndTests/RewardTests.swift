import Core
import Datasets
import Foundation
import Ledger
import Testing
import TinyRuns

/// Reward models from their files to scores, labels and an audited run, with nothing but the program.
@Suite struct RewardTests {
    private static let fixtures = "\(SourceTree.root)/Tests/PreferencesTests/Fixtures"
    /// What names each model, by its kind.
    private static let models = [
        "hpsv2": ["--model", "\(fixtures)/hpsv2/HPS_v2.1_compressed.pt"],
        "imagereward": ["--model", "\(fixtures)/imagereward"],
        "aesthetic": ["--model", "\(fixtures)/aesthetic/clip", "--head", "\(fixtures)/aesthetic/linear.pth"],
    ]

    private static func json(_ result: Program.Result) throws -> JSONCursor {
        #expect(result.status == 0, "\(result.errors)")
        return JSONCursor(try JSONValue.parse(result.output, file: "stdout"), name: "result")
    }

    private func run(_ sandbox: Sandbox, _ arguments: [String]) throws -> Program.Result {
        try sandbox.program.start(arguments).wait()
    }

    @Test(arguments: ["hpsv2", "imagereward", "aesthetic"]) func picturesAreScored(_ kind: String) throws {
        try Sandbox.with { sandbox in
            let pairs = try PairFolder(sandbox.runs)
            let pictures = [
                pairs.picture(0, .image0), pairs.picture(0, .image1), "\(Self.fixtures)/pictures/1.rgba.png",
            ]
            let asked = ["score", "--reward", kind] + Self.models[kind]! + pictures
            let captions = kind == "aesthetic" ? [] : ["--caption", "a red cup"]
            let result = try run(sandbox, asked + captions + ["--json"])
            let scores = try Self.json(result)["images"].elements().map { try $0["score"].double() }
            #expect(scores.count == 3 && Set(scores).count == 3 && scores.allSatisfy(\.isFinite))
            #expect(try Self.json(result)["reward"].string() == kind)
            // The same whatever else is scored, and by however many workers.
            let alone = try run(
                sandbox,
                ["score", "--reward", kind] + Self.models[kind]! + [pictures[2]] + captions
                    + ["--json", "--workers", "1"])
            #expect(try Self.json(alone)["images"][0]["score"].double() == scores[2])
            let text = try run(sandbox, asked + captions)
            #expect(text.output.split(separator: "\n").count == 3 && text.output.hasSuffix("1.rgba.png\n"))
            guard kind != "aesthetic" else {
                #expect(try run(sandbox, asked + ["--caption", "a"]).status == 64)
                return
            }
            let table = try run(sandbox, asked + captions + ["--caption", "“b” &amp; c", "--json"])
            let rows = try Self.json(table)["captions"].elements()
            #expect(rows.count == 2)
            #expect(try rows[0]["scores"].elements().map { try $0.double() } == scores)
            #expect(try run(sandbox, asked).status == 64)
        }
    }

    @Test func optionsThatDoNotFitAreRefused() throws {
        try Sandbox.with { sandbox in
            let picture = "\(Self.fixtures)/pictures/0.rgb.png"
            func run(_ arguments: String...) throws -> Program.Result {
                try self.run(sandbox, ["score", picture, "--caption", "a"] + arguments)
            }
            let hps = "\(Self.fixtures)/hpsv2"
            #expect(try run("--reward", "clipscore", "--model", hps).status == 64)
            #expect(try run("--reward", "hpsv2", "--model", hps, "--reader", "mine").status == 64)
            let head = try run("--reward", "hpsv2", "--model", hps, "--head", "x.pth")
            #expect(head.status == 2 && head.errors.contains("head has no use for HPS v2"), "\(head.errors)")
            let other = try run("--reward", "hpsv2", "--model", hps, "--processor", "\(Self.fixtures)/imagereward")
            #expect(other.status == 2 && other.errors.contains("holds no tokenizer"), "\(other.errors)")
            let wide = try run("--reward", "imagereward", "--model", hps)
            #expect(wide.status == 2 && wide.errors.contains("ImageReward"), "\(wide.errors)")
        }
    }

    /// Labels by a reward model that the recipe names: scored once, recorded, audited; a model with other weights is noticed.
    @Test func aRunByRewardsIsAudited() throws {
        try Sandbox.with { sandbox in
            let pairs = try PairFolder(sandbox.runs, count: 5)
            try FileManager.default.copyItem(
                atPath: "\(Self.fixtures)/hpsv2", toPath: sandbox.runs.path("hps"))
            let reward = "reward: {kind: hpsv2, model: hps}"
            let recipe = try sandbox.runs.smpo(data: pairs.path, steps: 2, more: reward)
            let encoded = try sandbox.program.run("data", "encode", recipe, "--rewards", "--json")
            let digest = try Self.json(encoded)["digest"].string()
            let trained = try sandbox.program.run("train", recipe, "--record", "--name", "by-hps", "--workers", "1")
            #expect(trained.status == 0, "\(trained.errors)")
            let manifest = try Manifest.read(sandbox.workspace.manifest("by-hps"))
            #expect(manifest.inputs.digests["scores"]?.hex == digest)
            #expect(manifest.inputs.digests["reward"] != nil && manifest.inputs.digests["reward/weights"] != nil)

            // Not the scores of the list, but those that smpo score gives.
            let asked = try sandbox.program.run(
                "score", "--reward", "hpsv2", "--model", "hps", "--pairs", pairs.path, "--json")
            let scores = try Self.json(asked)["pairs"].elements().flatMap {
                [try $0["score_0"].double(), try $0["score_1"].double()]
            }
            let items = try sandbox.workspace.openLedger(readOnly: true).dataItems(of: "by-hps")
            for (index, item) in items.enumerated() {
                let own = scores[2 * index..<2 * index + 2].map { Float($0).bitPattern }
                #expect(
                    Set(own)
                        == Set(
                            [
                                item.labels[DataItem.Label.winnerScore.rawValue],
                                item.labels[DataItem.Label.loserScore.rawValue],
                            ].compactMap { $0 }))
            }

            let audit = try sandbox.program.run("audit", "by-hps", "--workers", "2")
            #expect(audit.status == 0 && audit.output.contains("--remake-latents"), "\(audit.output)\(audit.errors)")
            let anew = try sandbox.program.run("audit", "by-hps", "--remake-latents")
            #expect(anew.status == 0 && !anew.output.contains("scores:"), "\(anew.output)\(anew.errors)")
            // Damaged scores are made again; without them nothing is lost.
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo/scores"))
            #expect(try sandbox.program.run("audit", "by-hps").status == 0)

            let file = sandbox.runs.path("hps/HPS_v2.1_compressed.pt")
            var bytes = try FileContents.read(file)
            let place = try #require(bytes.indices.first { bytes[$0] == 0x3E && $0 > 8192 })
            bytes[place] ^= 1
            try AtomicFile.write(bytes, to: file)
            let changed = try sandbox.program.run("audit", "by-hps")
            #expect(changed.status == 3, "\(changed.output)\(changed.errors)")
        }
    }
}
