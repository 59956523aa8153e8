import Core
import Datasets
import Foundation
import Ledger
import Testing
import TinyRuns

/// What a run reads is what its record says it read: a change of it is named, wherever it is made.
@Suite struct InputTests {
    /// A sandbox with a model in `model` whose captions are padded with a word of the vocabulary.
    private func withPaddedModel(_ body: (Sandbox, _ map: String) throws -> Void) throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.baseModel()
            let map = sandbox.runs.path("model/tokenizer/special_tokens_map.json")
            try AtomicFile.write(#"{"pad_token": "red</w>"}"#, to: map)
            try body(sandbox, map)
        }
    }

    @Test func thePaddingTokenIsAnInput() throws {
        try withPaddedModel { sandbox, map in
            let recipe = try sandbox.runs.smpo(model: sandbox.runs.path("model"))
            let first = try sandbox.record(recipe)
            let digests = try Manifest.read(sandbox.workspace.manifest("run-1")).inputs.digests
            #expect(digests["model/tokenizer/special_tokens_map.json"] == (try Digest.file(map)))
            // The trained model pads as it was trained.
            let written = sandbox.workspace.model("run-1") + "/tokenizer/special_tokens_map.json"
            #expect(try FileContents.read(written) == FileContents.read(map))
            #expect(try sandbox.program.run("audit", "run-1").status == 0)

            let original = try FileContents.read(map)
            try AtomicFile.write(#"{"pad_token": "<|endoftext|>"}"#, to: map)
            let second = try sandbox.program.run("train", recipe, "--record", "--name", "run-2", "--workers", "1")
            #expect(second.status == 0, "\(second.errors)")
            #expect(try sandbox.value("chain head", in: first) != sandbox.value("chain head", in: second))
            for command in ["audit", "verify"] {
                let result = try sandbox.program.run(command, "run-1")
                #expect(result.status == 3, "\(command): \(result.output)\(result.errors)")
                #expect(result.output.contains("model/tokenizer/special_tokens_map.json"), "\(result.output)")
                #expect(!result.output.contains("environment"), "\(result.output)")
            }
            // Not there is another content too, and so is one more file.
            try FileManager.default.removeItem(atPath: map)
            #expect(try sandbox.program.run("audit", "run-1").status == 3)
            try AtomicFile.write(original, to: map)
            #expect(try sandbox.program.run("audit", "run-1").status == 0)
            try AtomicFile.write(
                #"{"model_max_length": 77}"#, to: sandbox.runs.path("model/tokenizer/tokenizer_config.json"))
            let added = try sandbox.program.run("audit", "run-1")
            #expect(added.status == 3 && added.output.contains("tokenizer_config.json"), "\(added.output)")
        }
    }

    @Test func aScorersTokenizerIsAnInput() throws {
        try Sandbox.with { sandbox in
            let made = try sandbox.program.run(
                "train", try sandbox.runs.pickscore(steps: 1), "--out", "scorer", "--workers", "1")
            #expect(made.status == 0, "\(made.errors)")
            let config = sandbox.runs.path("scorer/tokenizer/tokenizer_config.json")
            try AtomicFile.write(#"{"pad_token": "red</w>"}"#, to: config)
            _ = try sandbox.record(try sandbox.runs.pickscore(model: sandbox.runs.path("scorer")))
            #expect(try sandbox.program.run("verify", "run-1").status == 0)
            #expect(FileContents.exists(sandbox.workspace.model("run-1") + "/tokenizer/tokenizer_config.json"))
            try AtomicFile.write(#"{"pad_token": "blue</w>"}"#, to: config)
            let changed = try sandbox.program.run("verify", "run-1")
            #expect(
                changed.status == 3 && changed.output.contains("tokenizer/tokenizer_config.json"), "\(changed.output)")
        }
    }

    @Test func aRunIsNotTakenUpAcrossAChangedInput() throws {
        try withPaddedModel { sandbox, map in
            let recipe = try sandbox.runs.smpo(
                model: sandbox.runs.path("model"), steps: 60, more: "record: {checkpoint_every: 1}")
            let running = try sandbox.program.start(["train", recipe, "--record", "--workers", "1"])
            #expect(running.waits(for: "step 1/60"))
            running.process.interrupt()
            #expect(running.wait().status == 130)
            let original = try FileContents.read(map)
            try AtomicFile.write(#"{"pad_token": "blue</w>"}"#, to: map)
            let refused = try sandbox.program.run("train", "--resume", "run-1", "--workers", "1")
            #expect(refused.status == 2, "\(refused.errors)")
            #expect(refused.errors.contains("model/tokenizer/special_tokens_map.json"), "\(refused.errors)")
            #expect(try sandbox.workspace.openLedger().run("run-1").state == .interrupted)
            try AtomicFile.write(original, to: map)
            #expect(try sandbox.program.run("train", "--resume", "run-1", "--workers", "1").status == 0)
        }
    }

    /// A file that is not there says nothing of what it held: trouble. One that holds something else: tampered.
    @Test(arguments: [false, true])
    func aMissingPictureIsAMissingFile(dropsUnreadable: Bool) throws {
        try Sandbox.with { sandbox in
            let pairs = try PairFolder(sandbox.runs)
            let recipe = try sandbox.runs.smpo(data: pairs.path)
            let drops = dropsUnreadable ? ["--set", "data.drop_unreadable=true"] : []
            let recorded = try sandbox.program.start(["train", recipe, "--record", "--workers", "1"] + drops).wait()
            #expect(recorded.status == 0, "\(recorded.errors)")
            let picture = pairs.picture(2, .image1)
            let original = try FileContents.read(picture)
            for command in ["audit", "verify"] {
                try FileManager.default.removeItem(atPath: picture)
                let missing = try sandbox.program.run(command, "run-1")
                #expect(missing.status == 2, "\(command): \(missing.output)\(missing.errors)")
                #expect(missing.errors.contains(picture) || missing.errors.contains("2-1.png"), "\(missing.errors)")
                try AtomicFile.write(Array(original.prefix(40)), to: picture)
                let damaged = try sandbox.program.run(command, "run-1")
                #expect(damaged.status == 3, "\(command): \(damaged.output)\(damaged.errors)")
                try AtomicFile.write(original, to: picture)
            }
            #expect(try sandbox.program.run("audit", "run-1").status == 0)
        }
    }

    @Test func aMissingPartOfAModelIsAMissingFile() throws {
        try withPaddedModel { sandbox, _ in
            _ = try sandbox.record(try sandbox.runs.smpo(model: sandbox.runs.path("model")))
            for name in [
                "unet/config.json", "unet/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors",
                "tokenizer/vocab.json", "scheduler/scheduler_config.json",
            ] {
                let path = sandbox.runs.path("model/\(name)")
                let original = try FileContents.read(path)
                try FileManager.default.removeItem(atPath: path)
                let result = try sandbox.program.run("verify", "run-1")
                #expect(result.status == 2, "\(name): \(result.output)\(result.errors)")
                if name.hasSuffix(".json") {
                    try AtomicFile.write("{", to: path)
                    #expect(try sandbox.program.run("verify", "run-1").status == 3, "\(name)")
                }
                try AtomicFile.write(original, to: path)
            }
        }
    }

    /// The names of pairs come from their lines and stand in the steps' records.
    @Test func whichLinesAreLeftOutIsAnInput() throws {
        try Sandbox.with { sandbox in
            var inputs: [ManifestInputs] = []
            var heads: [String] = []
            for (index, place) in [1, 3].enumerated() {
                let pairs = try PairFolder(sandbox.runs, count: 4)
                let list = "\(pairs.path)/\(FolderPairs.listName)"
                var lines = String(decoding: try FileContents.read(list), as: UTF8.self).split(separator: "\n")
                lines.insert(
                    #"{"caption":"x","image_0":"no.png","image_1":"no.png","label_0":1,"label_1":0,"score_0":1,"score_1":0}"#,
                    at: place)
                try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: list)
                let result = try sandbox.program.run(
                    "train", try sandbox.runs.smpo(data: pairs.path), "--record", "--name", "run-\(index + 1)",
                    "--workers", "1", "--set", "data.drop_unreadable=true")
                #expect(result.status == 0, "\(result.errors)")
                inputs.append(try Manifest.read(sandbox.workspace.manifest("run-\(index + 1)")).inputs)
                heads.append(try sandbox.value("chain head", in: result))
            }
            #expect(inputs[0].digests["data"] == inputs[1].digests["data"])
            #expect(heads[0] != heads[1] && inputs[0].digest != inputs[1].digest)
            let audit = try sandbox.program.run("audit", "run-1")
            #expect(audit.status == 3 && audit.output.contains("data/left_out"), "\(audit.output)")
            let difference = try sandbox.program.run("diff", "run-1", "run-2", "--no-rerun")
            #expect(difference.output.contains("digests.data/left_out"), "\(difference.output)")
        }
    }

    @Test func aDryRunReadsScheduleAndTokenizer() throws {
        try withPaddedModel { sandbox, map in
            let recipe = try sandbox.runs.smpo(model: sandbox.runs.path("model"))
            #expect(try sandbox.program.run("train", recipe, "--dry-run").status == 0)
            for path in [sandbox.runs.path("model/scheduler/scheduler_config.json"), map] {
                let original = try FileContents.read(path)
                for text in ["{", #"{"beta_schedule": "odd", "pad_token": null}"#] {
                    try AtomicFile.write(text, to: path)
                    let result = try sandbox.program.run("train", recipe, "--dry-run")
                    #expect(result.status == 2 && result.errors.contains(path), "\(result.output)\(result.errors)")
                }
                try AtomicFile.write(original, to: path)
            }
            try sandbox.runs.write(#"{"beta_start": 2}"#, to: "scheduler.json")
            let fresh = try sandbox.program.run("train", try sandbox.runs.smpo(), "--dry-run")
            #expect(fresh.status == 2 && fresh.errors.contains("scheduler.json"), "\(fresh.errors)")
        }
    }

    @Test func captionsThatAreCutAreNotedOnceAndInTheReport() throws {
        try Sandbox.with { sandbox in
            let long = String(repeating: "a red circle and a blue square ", count: 4)
            let pairs = try PairFolder(sandbox.runs) { $0 < 2 ? long : $1 }
            let result = try sandbox.record(try sandbox.runs.smpo(data: pairs.path))
            let note = "2 captions have more tokens than the text encoder takes; their ends are cut off"
            #expect(result.errors.components(separatedBy: note).count == 2, "\(result.errors)")
            let manifest = try Manifest.read(sandbox.workspace.manifest("run-1"))
            #expect(manifest.circumstances.inputNotes == InputNotes([.captionsCut: 2]))
            let page = try sandbox.program.run("report", "run-1")
            #expect(page.status == 0 && (page.output + page.errors).contains(note), "\(page.output)\(page.errors)")
            #expect(try sandbox.program.run("audit", "run-1").status == 0)

            let picture = pairs.picture(0, .image0)
            let scorer = try sandbox.program.run(
                "train", try sandbox.runs.pickscore(steps: 1), "--out", "scorer", "--workers", "1")
            #expect(scorer.status == 0, "\(scorer.errors)")
            for arguments in [
                ["score", "--model", "scorer", picture, "--caption", long], ["label", pairs.path, "--model", "scorer"],
                ["sample", "--model", ".smpo/runs/run-1", "--steps", "1", "--out", "grid.png", long],
            ] {
                let result = try sandbox.program.start(arguments).wait()
                #expect(result.status == 0 && result.errors.contains("cut off"), "\(arguments): \(result.errors)")
            }

            // Where all fit, nothing is said and nothing is recorded.
            let other = try PairFolder(sandbox.runs, "others")
            let quiet = try sandbox.program.run(
                "train", try sandbox.runs.smpo(data: other.path), "--record", "--name", "run-2", "--workers", "1")
            #expect(quiet.status == 0 && !quiet.errors.contains("cut off"))
            #expect(try Manifest.read(sandbox.workspace.manifest("run-2")).circumstances.other["input_notes"] == nil)
        }
    }
}
