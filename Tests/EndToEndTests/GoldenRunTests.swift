import Core
import Foundation
import Ledger
import Testing

/// The golden runs that come with the sources, replayed by the built program. run-42 and the base model's run take longer
/// and have commands of their own.
@Suite struct GoldenRunTests {
    private static var short: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(SourceTree.root)/Golden")) ?? []
        return names.filter { $0.hasPrefix("short-") }.sorted()
    }

    /// Those of them that are evaluations.
    private static var evaluations: [String] {
        short.filter { FileContents.exists("\(SourceTree.root)/Golden/\($0)/evaluation.json") }
    }
    private static var runs: [String] { short.filter { !evaluations.contains($0) } }

    /// Every objective but SmPO, which run-42 covers, has one; so have Adafactor, adapters, latents of pictures, and labels of a
    /// reward model.
    @Test func everyObjectiveHasOne() {
        for name in [
            "dpo", "inpo", "kto", "mapo", "sft", "pickscore", "adafactor", "lora", "latents-reward", "latents-sd",
            "latents-sdxl",
        ] {
            #expect(Self.short.contains("short-\(name)"))
        }
    }

    /// The labels of one are those of the scorer that comes with the sources, whatever the drawn pairs say: its files and the
    /// scores are inputs of the run.
    @Test func theLabelsOfOneAreARewardModels() throws {
        let workspace = Workspace(root: SourceTree.root)
        let digests = try Manifest.read(workspace.golden("short-latents-reward") + "/manifest.json").inputs.digests
        let picture = "Tests/PreferencesTests/Fixtures/pictures/0.rgb.png"
        let scored = try Program(folder: SourceTree.root).run(
            "score", "--model", "Golden/shapes-pickscore", picture, "--caption", "a red cross", "--json")
        let scorer = try JSONCursor(JSONValue.parse(scored.output, file: "stdout"), name: "score")["scorer"].digest()
        #expect(digests["reward"] == scorer)
        for name in ["reward/model.safetensors", "reward/tokenizer", "scores", "labels", "latents"] {
            #expect(digests[name] != nil, "\(name)")
        }
    }

    /// With one worker and three, by the recipes of today: what is recorded comes out again, to the bit.
    @Test func theGateIsOpen() throws {
        let gate = try Program(folder: SourceTree.root).run("gate", "short-*", "--workers", "1,3")
        #expect(gate.status == 0, "\(gate.output) \(gate.errors)")
        #expect(
            gate.output.hasSuffix(
                "gate open: \(2 * Self.short.count) reproduced; 1 golden run not selected\n"), "\(gate.output)")
    }

    /// The manifest of each says that it is golden, so that one that goes missing is missed.
    @Test func eachIsMarked() throws {
        for run in Self.runs + ["run-42"] {
            let workspace = Workspace(root: SourceTree.root)
            for path in [workspace.manifest(run), workspace.golden(run) + "/manifest.json"] {
                let circumstances = try Manifest.read(path).circumstances.other
                #expect(circumstances["accepted"] != nil && circumstances["recipe"] != nil, "\(path)")
            }
        }
    }

    /// How each was recorded is written beside it, and none is forgotten in the list.
    @Test func eachHasAPolicyAndALine() throws {
        let list = try String(contentsOfFile: "\(SourceTree.root)/Golden/runs.txt", encoding: .utf8)
        for run in Self.short + ["run-42"] {
            #expect(
                Self.evaluations.contains(run)
                    || FileContents.exists("\(SourceTree.root)/Golden/\(run)/policy.yaml"), "\(run)")
            #expect(list.split(separator: "\n").contains { $0 == run }, "\(run)")
        }
    }

    /// Pictures by two samplers, square and not, and scores by all four kinds of reward models: the portable kernels and other
    /// numbers of workers give the same bits as the widest instruction set, which `theGateIsOpen` has.
    @Test func evaluationsAreOneWhateverComputes() throws {
        #expect(Self.evaluations == ["short-eval-sd", "short-eval-sdxl"])
        let gate = try Program(folder: SourceTree.root).run(
            "gate", "short-eval-*", "--isa", "baseline", "--workers", "1,7")
        #expect(gate.status == 0, "\(gate.output) \(gate.errors)")
        for name in Self.evaluations {
            let path = "\(SourceTree.root)/Golden/\(name)/evaluation.json"
            let report = JSONCursor(try JSONValue.read(path), name: "report")
            #expect(
                try report["rewards"].elements().map { try $0["reward"].string() }
                    == ["hpsv2", "imagereward", "aesthetic", "pickscore"])
            // What it asks for lies in the project, whoever has it.
            for text in try [report["asked"]["model"], report["asked"]["prompts"]]
                + report["asked"]["rewards"].elements()
            {
                #expect(try !text.string().contains("=/") && !text.string().hasPrefix("/"), "\(name)")
            }
            // Pictures are pictures: no two are one, and no score is any other's.
            let pictures = try report["models"][0]["pictures"].elements().map { try $0.string() }
            let scores = try report["models"][0]["scores"].elements().flatMap {
                try $0["scores"].elements().map { try $0.double() }
            }
            #expect(Set(pictures).count == pictures.count && Set(scores).count == 4 * pictures.count)
        }
    }
}
