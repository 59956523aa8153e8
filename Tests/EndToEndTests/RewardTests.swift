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

    /// Pictures and prompts that are none, and reward models of another kind: the file is named, and nothing is written.
    @Test func filesThatAreNoneAreNamed() throws {
        try Sandbox.with { sandbox in
            for (name, text) in [("none.png", "a picture\n"), ("empty.png", ""), ("empty.txt", "\n")] {
                try sandbox.runs.write(text, to: name)
            }
            let scorer = ["--model", "\(SourceTree.root)/Golden/shapes-pickscore"]
            let hps = "\(Self.fixtures)/hpsv2/HPS_v2.1_compressed.pt"
            let score = ["score", "--caption", "a"]
            let eval = ["eval", "--model", "nowhere", "--rewards", "pickscore=\(scorer[1])", "--prompts"]
            for (arguments, words) in [
                (score + scorer + ["none.png"], ["none.png: ", "neither JPEG nor PNG nor WebP", "61 20 70"]),
                (score + scorer + ["empty.png"], ["empty.png: the file is empty"]),
                (score + scorer + ["nowhere.png"], ["nowhere.png: cannot open"]),
                (score + ["--model", hps, "none.png"], ["HPS_v2.1_compressed.pt is a file", "hpsv2"]),
                (score + ["--model", "nowhere", "none.png"], ["nowhere: there is no such folder"]),
                (["label", "pairs"] + scorer, ["pairs: cannot open"]),
                (eval + ["empty.txt"], ["empty.txt: no prompts in it", "a prompt a line"]),
                (eval + ["none.png"], ["none.png: no kind of file that is read", ".tsv"]),
            ] {
                let result = try run(sandbox, arguments)
                #expect(result.status == 2 && result.output.isEmpty, "\(arguments): \(result)")
                for word in words { #expect(result.errors.contains(word), "\(arguments): \(result.errors)") }
            }
            #expect(!FileContents.exists(sandbox.runs.path(".smpo")))
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
    /// Changes the first of the kept scores, its file's digest made anew unless `isPlain`; gives the file's path.
    @discardableResult
    private func forgeScore(_ sandbox: Sandbox, isPlain: Bool = false) throws -> String {
        let folder = sandbox.runs.path(".smpo/scores")
        let name = try #require(
            FileManager.default.subpathsOfDirectory(atPath: folder).first { $0.hasSuffix("scores-00000.json") })
        let path = "\(folder)/\(name)"
        let root = JSONCursor(try JSONValue.read(path), name: "scores")
        var object = try root.object()
        var rows = try root["scores"].elements().map { try $0.elements().map { JSONValue.string(try $0.string()) } }
        // The lowest bit that a Float32 has of it.
        let bits = try #require(try HexFloat.double(root["scores"][0][0].string())).bitPattern ^ 1 << 29
        rows[0][0] = .string(HexFloat.string(bits: bits))
        object["scores"] = .array(rows.map { .array($0) })
        if !isPlain {
            object["digest"] = nil
            object["digest"] = .digest(.of(.document, .object(object)))
        }
        try AtomicFile.write(JSONValue.object(object).pretty + "\n", to: path)
        return "\(folder)/\(name.split(separator: "/")[0])"
    }

    /// A run that a reward model labels, not yet trained; gives the recipe.
    private func labelled(_ sandbox: Sandbox) throws -> String {
        let pairs = try PairFolder(sandbox.runs, count: 5)
        try FileManager.default.copyItem(atPath: "\(Self.fixtures)/hpsv2", toPath: sandbox.runs.path("hps"))
        return try sandbox.runs.smpo(data: pairs.path, steps: 2, more: "reward: {kind: hpsv2, model: hps}")
    }

    private func train(_ sandbox: Sandbox, _ recipe: String) throws {
        let trained = try sandbox.program.run("train", recipe, "--record", "--name", "by-hps", "--workers", "1")
        #expect(trained.status == 0, "\(trained.errors)")
    }

    /// One bit of a kept score after the training: a file that does not hold is made again, one that does is no evidence of the
    /// run's.
    @Test func aScoreThatWasChangedIsNoticed() throws {
        try Sandbox.with { sandbox in
            try train(sandbox, try labelled(sandbox))
            try forgeScore(sandbox, isPlain: true)
            #expect(try sandbox.program.run("audit", "by-hps").status == 0)
            let folder = try forgeScore(sandbox)
            for command in ["audit", "verify"] {
                let found = try sandbox.program.run(command, "by-hps")
                #expect(found.status == 3, "\(found.output)\(found.errors)")
                for word in ["by-hps: tampered", "digest of scores", String(folder.suffix(16))] {
                    #expect(found.output.contains(word), "\(found.output)")
                }
            }
            let anew = try sandbox.program.run("audit", "by-hps", "--remake-latents")
            #expect(anew.status == 0, "\(anew.output)\(anew.errors)")
        }
    }

    /// A run whose labels are made of a wrong score from the first step on, every hash as it should be: whoever makes the scores
    /// again finds others, and the gate always does.
    @Test func aRunOnAWrongScoreDiverges() throws {
        try Sandbox.with { sandbox in
            let recipe = try labelled(sandbox)
            #expect(try sandbox.program.run("data", "encode", recipe, "--rewards").status == 0)
            try forgeScore(sandbox)
            try train(sandbox, recipe)
            let read = try sandbox.program.run("audit", "by-hps")
            #expect(read.status == 0 && read.output.contains("scores: "), "\(read.output)\(read.errors)")
            let anew = try sandbox.program.run("audit", "by-hps", "--remake-latents")
            #expect(anew.status == 1, "\(anew.output)\(anew.errors)")
            #expect(anew.output.contains("the scores that were made here of the run's pictures"), "\(anew.output)")

            #expect(try sandbox.program.run("golden", "accept", "by-hps", "--reason", "a test").status == 0)
            let gate = try sandbox.program.run("gate", "by-hps", "--workers", "1,3")
            #expect(gate.status == 1 && gate.output.contains("gate closed"), "\(gate.output)\(gate.errors)")
            #expect(gate.output.contains("diverged"), "\(gate.output)")
            // Where none are kept, the audit makes them too.
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo/scores"))
            #expect(try sandbox.program.run("audit", "by-hps").status == 1)
        }
    }

    /// Latents are those of the pictures, whoever scores them: runs by two reward models, and by the labels alone, share a set,
    /// and each audit makes the same one again.
    @Test func latentsDoNotDependOnWhoScores() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.encodedRecipe(pairs: 3)
            let rewards = [
                [], ["--set", "reward.kind=hpsv2", "--set", "reward.model=\(Self.fixtures)/hpsv2"],
                ["--set", "reward.kind=imagereward", "--set", "reward.model=\(Self.fixtures)/imagereward"],
            ]
            var latents: Set<Digest?> = []
            for order in [[1, 0, 2], [0]] {
                try? FileManager.default.removeItem(atPath: sandbox.runs.path("latents"))
                for number in order {
                    let name = "run-\(order.count)-\(number)"
                    let trained = try run(sandbox, ["train", recipe, "--record", "--name", name] + rewards[number])
                    #expect(trained.status == 0, "\(trained.errors)")
                    latents.insert(try Manifest.read(sandbox.workspace.manifest(name)).inputs.digests["latents"])
                    let audit = try sandbox.program.run("audit", name, "--remake-latents")
                    #expect(audit.status == 0, "\(name): \(audit.output)\(audit.errors)")
                }
            }
            #expect(latents.count == 1 && latents.first != .some(nil), "\(latents)")
        }
    }

    /// What is not there is trouble, and nothing that somebody has changed.
    @Test func filesOfTheRewardModelThatAreNotThereAreTrouble() throws {
        try Sandbox.with { sandbox in
            try train(sandbox, try labelled(sandbox))
            try FileContents.remove([sandbox.runs.path("hps/vocab.json")])
            let lacking = try sandbox.program.run("audit", "by-hps")
            #expect(lacking.status == 2 && lacking.errors.contains("hps holds no tokenizer"), "\(lacking)")
            try FileManager.default.removeItem(atPath: sandbox.runs.path("hps"))
            let away = try sandbox.program.run("audit", "by-hps")
            #expect(away.status == 2 && away.errors.contains("hps"), "\(away)")
        }
    }
}
