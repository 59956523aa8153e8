import Audit
import Checkpoints
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// Every file of the model that a run hands over is stated by its manifest: whatever is changed, taken away or added is
/// found by `verify` and `audit`, and what was not looked at is said.
@Suite struct TrainedFolderTests {
    private func verify(_ run: RecordedRun) throws -> VerificationReport {
        try Verifier(workspace: run.workspace, engine: run.engine).verify("run-1")
    }

    /// A run of two steps with its model: of a diffusion model with an average, of adapters, of a scorer.
    private func with(_ kind: String, _ body: (RecordedRun, String) throws -> Void) throws {
        try RecordedRun.with({ runs, _ in
            switch kind {
            case "scorer": try runs.pickscore()
            case "adapters": try runs.smpo(steps: 2, more: "lora: {rank: 2, alpha: 3}")
            default: try runs.smpo(steps: 2, training: ", ema: 0.9")
            }
        }) { run in try body(run, try run.writeModel()) }
    }

    private static let layouts = [
        "average": [
            "scheduler/scheduler_config.json", "text_encoder/config.json", "text_encoder/model.safetensors",
            "tokenizer/merges.txt", "tokenizer/vocab.json", "unet/config.json",
            "unet/diffusion_pytorch_model.safetensors",
        ],
        "adapters": [
            "lora/adapter_config.json", "lora/adapter_model.safetensors", "lora/pytorch_lora_weights.safetensors",
            "text_encoder/model.safetensors", "unet/diffusion_pytorch_model.safetensors",
        ],
        "scorer": [
            "config.json", "model.safetensors", "preprocessor_config.json", "tokenizer/merges.txt",
            "tokenizer/vocab.json",
        ],
    ]

    private func expectTampered(
        _ run: RecordedRun, _ words: String..., location: SourceLocation = #_sourceLocation
    ) throws {
        for (verdict, reason) in [
            (try verify(run).verdict.rawValue, try verify(run).reason),
            (try run.audit().verdict.rawValue, try run.audit().reason),
        ] {
            #expect(verdict == "tampered", "\(reason ?? "")", sourceLocation: location)
            for word in words {
                #expect(reason?.contains(word) == true, "\(word): \(reason ?? "none")", sourceLocation: location)
            }
        }
    }

    @Test(arguments: ["average", "adapters", "scorer"])
    func everyFileFlippedEditedOrTakenAwayIsNamed(kind: String) throws {
        try with(kind) { run, folder in
            let stated = try #require(run.manifest.outcome?.files)
            for file in try #require(TrainedFolderTests.layouts[kind]) { #expect(stated[file] != nil, "\(file)") }
            let whole = try verify(run)
            #expect(whole.verdict == .verified, "\(whole.reason ?? "")")
            #expect(whole.checks.contains { $0.name == "trained files" && $0.detail.contains("\(stated.count) files") })
            let audit = try run.audit()
            #expect(audit.verdict == .reproduced && audit.trained != nil && audit.unchecked == [], "\(audit)")
            for file in stated.keys.sorted() {
                let path = "\(folder)/\(file)"
                let original = try FileContents.read(path)
                #expect(try Digest.file(path) == stated[file], "\(file)")
                try run.flip(path, at: original.count / 2)
                let flipped = try verify(run)
                #expect(flipped.verdict == .tampered && flipped.reason?.contains(path) == true, "\(file)")
                try AtomicFile.write(original + Array(" ".utf8), to: path)
                #expect(try verify(run).verdict == .tampered, "\(file)")
                try FileManager.default.removeItem(atPath: path)
                let removed = try verify(run)
                #expect(removed.reason?.contains(path) == true && removed.reason?.contains("no such file") == true)
                try AtomicFile.write(original, to: path)
            }
            let last = try #require(stated.keys.max())
            try run.flip("\(folder)/\(last)", at: 0)
            try expectTampered(run, "\(folder)/\(last)", "outcome.files")
            try run.flip("\(folder)/\(last)", at: 0)
            #expect(try verify(run).verdict == .verified)
        }
    }

    @Test func aFileThatAProgramCouldReadIsOneTooMany() throws {
        try with("average") { run, folder in
            for file in [
                "unet/diffusion_pytorch_model.fp16.safetensors", "unet/diffusion_pytorch_model.bin", "model_index.json",
                "tokenizer/added_tokens.json", "pytorch_lora_weights.safetensors", "unet/model.onnx", "pipeline.py",
                "samples/weights.safetensors", "tokenizer/special_tokens_map.json", "unet/noending",
            ] {
                try FolderWriter(folder).write("{}", to: file)
                try expectTampered(run, "\(folder)/\(file)", "presence")
                try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
            }
            // What people look at, and what our own commands leave, is named.
            for file in ["samples/step-2.png", "README.md", "model.sig", "unet/config.json.tmp-12-0"] {
                try FolderWriter(folder).write("x", to: file)
                let report = try verify(run)
                #expect(report.verdict == .verified, "\(report.reason ?? "")")
                #expect(report.unchecked.contains { $0.name == "trained files" && $0.detail.contains(file) }, "\(file)")
                let audit = try run.audit()
                #expect(audit.verdict == .reproduced && audit.unchecked.contains { $0.contains(file) }, "\(file)")
                try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
            }
            // Links are files where they lead to one.
            let config = "\(folder)/unet/config.json"
            try FileManager.default.moveItem(atPath: config, toPath: run.runs.path("config.json"))
            try FileManager.default.createSymbolicLink(
                atPath: config, withDestinationPath: run.runs.path("config.json"))
            #expect(try verify(run).verdict == .verified)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/vae", withDestinationPath: "\(folder)/unet")
            try expectTampered(run, "\(folder)/vae", "kind")
        }
    }

    /// A forged list of files, every hash made anew, folder and all: only the replayed model knows better.
    @Test func aForgedListOfFilesIsFoundByTheReplay() throws {
        try with("average") { run, folder in
            let path = "\(folder)/text_encoder/model.safetensors"
            try run.flip(path, at: -1)
            var forged = run.manifest
            forged.outcome?.files?["text_encoder/model.safetensors"] = try Digest.file(path)
            try forged.write(to: run.workspace.manifest("run-1"))
            let outcome = try #require(forged.outcome).json.canonical
            try run.sql("UPDATE runs SET outcome = '\(outcome)', manifest_digest = x'\(forged.digest.hex)'")
            #expect(try verify(run).verdict == .verified)
            let report = try run.audit()
            #expect(report.verdict == .diverged)
            #expect(report.reason?.contains("text_encoder/model.safetensors") == true, "\(report.reason ?? "")")
        }
    }

    /// A manifest from before says nothing of the other files, which is said; the trained weights are checked.
    @Test func formatTwoStatesNoFiles() throws {
        try with("average") { run, folder in
            try run.makeFormatTwo()
            try run.flip("\(folder)/text_encoder/model.safetensors", at: -1)
            let report = try verify(run)
            #expect(report.verdict == .verified, "\(report.reason ?? "")")
            #expect(report.unchecked.contains { $0.name == "trained files" && $0.detail.contains("format 2") })
            #expect(report.unchecked.contains { $0.name == "ledger rows" && $0.detail.contains("format 2") })
            let audit = try run.audit()
            #expect(audit.verdict == .reproduced && audit.unchecked.contains { $0.contains("format 2") })
            try run.flip("\(folder)/unet/diffusion_pytorch_model.safetensors", at: -1)
            #expect(try verify(run).reason?.contains("the trained weights") == true)
        }
    }

    /// No door passes a run whose model is no longer what it came to.
    @Test func otherDoorsLookAtTheModelToo() throws {
        try with("average") { run, folder in
            try run.record(try run.runs.smpo(), as: "other")
            try TrainedFolder.require(run.manifest, in: run.workspace)
            try AtomicFile.write("{}", to: "\(folder)/scheduler/scheduler_config.json")
            #expect(throws: TamperError.self) { try TrainedFolder.require(run.manifest, in: run.workspace) }
            let report = try RunComparison(workspace: run.workspace, engine: run.engine).compare("run-1", "other")
            #expect(report.verdict == .tampered && report.tampering?.contains("scheduler_config.json") == true)
        }
    }

    /// The index of a base model is in no digest: one that fits changes nothing, and one that does not fit is an error, not
    /// a verdict on the run.
    @Test func anIndexOfTheBaseModelRefusesOrChangesNothing() throws {
        try RecordedRun.with { run in
            let base = try run.writeModel()
            let manifest = try run.record(try run.runs.smpo(model: base, steps: 1), as: "second")
            func write(unet: String) throws {
                try AtomicFile.write(
                    """
                    {
                      "unet": ["diffusers", "\(unet)"], "scheduler": ["diffusers", "DDIMScheduler"], "vae": [null, null],
                      "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"]
                    }
                    """, to: "\(base)/model_index.json")
            }
            try write(unet: "UNet2DConditionModel")
            #expect(try run.audit("second").verdict == .reproduced)
            let again = try run.record(try run.runs.smpo(model: base, steps: 1), as: "third")
            #expect(again.inputs.digests == manifest.inputs.digests)
            try write(unet: "UNet3DConditionModel")
            #expect(throws: CheckpointError.self) { try run.audit("second") }
            #expect(throws: CheckpointError.self) {
                try Verifier(workspace: run.workspace, engine: run.engine).verify("second")
            }
        }
    }

    /// A manifest from before has no digest of a tokenizer's settings: whether they are as they were cannot be told, which
    /// is no tampering; today's manifests have one.
    @Test func formatTwoHasNoDigestOfATokenizersSettings() throws {
        try RecordedRun.with { run in
            let base = try run.writeModel()
            var manifest = try run.record(try run.runs.smpo(model: base, steps: 1), as: "second")
            try AtomicFile.write("{\"pad_token\": \"<|endoftext|>\"}", to: "\(base)/tokenizer/tokenizer_config.json")
            manifest.run = "claim"
            try manifest.write(to: run.workspace.manifest("claim"))
            let auditor = Auditor(workspace: run.workspace, engine: run.engine)
            let today = try auditor.audit("claim")
            #expect(today.verdict == .tampered, "\(today.reason ?? "")")
            manifest.outcome?.files = nil
            manifest.outcome?.ledger = nil
            try manifest.write(to: run.workspace.manifest("claim"))
            let before = try auditor.audit("claim")
            #expect(before.verdict == .incomparable)
            #expect(before.reason?.contains("no digest of model/tokenizer/tokenizer_config.json") == true)
            let report = try Verifier(workspace: run.workspace, engine: run.engine).verify("claim")
            #expect(report.verdict == .incomplete && report.reason == before.reason)
        }
    }

    /// The files are functions of the run alone: those of a run that was stopped and taken up are the same.
    @Test func aResumedRunHandsOverTheSameFiles() throws {
        try RecordedRun.with({ runs, _ in try runs.smpo(steps: 3, training: ", ema: 0.9") }) { run in
            func recording() throws -> RunRecording {
                let recipe = try Recipe(json: JSONCursor(run.manifest.inputs.recipe, name: "recipe"))
                return RunRecording(
                    session: try TrainingSession(recipe: recipe, engine: run.engine), workspace: run.workspace,
                    circumstances: RecordedRun.circumstances)
            }
            _ = try recording().record(
                name: "second", taken: [], started: { _ in }, onStep: { _, _ in }, shouldStop: { true })
            let ending = try recording().resume(run: "second", onStep: { _, _ in }, shouldStop: { false })
            guard case .finished(let manifest) = ending else { throw CancellationError() }
            #expect(manifest.outcome?.files == run.manifest.outcome?.files)
            #expect(manifest.outcome?.files?.keys.contains("text_encoder/model.safetensors") == true)
            #expect(try Verifier(workspace: run.workspace, engine: run.engine).verify("second").verdict == .verified)
        }
    }

    // MARK: What there is to look at

    /// Without a step's record nothing is verified, whatever the manifest and the model's folder say.
    @Test func aManifestAloneIsIncomparable() throws {
        try with("average") { run, folder in
            try run.promote()
            try FileManager.default.moveItem(atPath: folder, toPath: run.runs.path("kept"))
            try run.removeLedger()
            // A golden log has the steps.
            let golden = try verify(run)
            #expect(golden.verdict == .verified && golden.unchecked.map(\.name).contains("ledger"))
            try FileManager.default.removeItem(atPath: run.workspace.golden("run-1"))
            let alone = try verify(run)
            #expect(alone.verdict == .incomparable && alone.reason?.contains("no record of a step") == true)
            #expect(Set(alone.unchecked.map(\.name)).isSuperset(of: ["golden log", "ledger", "trained files"]))
            // The model beside it holds, and is no step either.
            try FileContents.makeFolder(run.workspace.model(""))
            try FileManager.default.moveItem(atPath: run.runs.path("kept"), toPath: folder)
            let withModel = try verify(run)
            #expect(withModel.verdict == .incomparable && withModel.checks.map(\.name).contains("trained files"))
            try run.flip("\(folder)/unet/config.json", at: 3)
            #expect(try verify(run).verdict == .tampered)
        }
    }

    /// A ledger that holds fewer steps than the manifest counts speaks for those alone.
    @Test func aPartOfTheStepsIsIncomplete() throws {
        try RecordedRun.with { run in
            func keep(_ steps: Int) throws {
                try run.sql("DELETE FROM checkpoints")
                try run.sql("UPDATE runs SET state = 'interrupted', outcome = NULL, manifest_digest = NULL")
                _ = try run.workspace.openLedger().resumeRun("run-1", afterStep: steps)
            }
            try keep(2)
            let part = try verify(run)
            #expect(part.verdict == .incomplete && part.reason?.contains("3 steps") == true, "\(part)")
            try FileManager.default.removeItem(atPath: run.workspace.manifest("run-1"))
            let unfinished = try verify(run)
            #expect(unfinished.verdict == .verified && unfinished.unchecked.map(\.name).contains("Merkle root"))
            _ = try run.workspace.openLedger().resumeRun("run-1", afterStep: 0)
            #expect(try verify(run).verdict == .incomparable)
        }
    }

    /// One of the two files of tensors beside the golden log says nothing by itself; without both it is said.
    @Test func theTensorsBesideTheGoldenLog() throws {
        try RecordedRun.with { run in
            try run.promote()
            try run.removeLedger()
            let folder = run.workspace.golden("run-1")
            for file in ["tensors.bin", "names.json"] {
                let bytes = try FileContents.read("\(folder)/\(file)")
                try FileContents.remove(["\(folder)/\(file)"])
                let report = try verify(run)
                #expect(report.verdict == .tampered && report.reason?.contains(file) == true, "\(report)")
                #expect(try run.audit().verdict == .tampered)
                try AtomicFile.write(bytes, to: "\(folder)/\(file)")
            }
            #expect(try verify(run).unchecked.map(\.name).contains("golden tensors") == false)
            try FileContents.remove(["\(folder)/tensors.bin", "\(folder)/names.json"])
            let report = try verify(run)
            #expect(report.verdict == .verified && report.unchecked.map(\.name).contains("golden tensors"))
        }
    }

    /// An object that the replay does not need is looked at all the same.
    @Test func anObjectThatTheReplayDoesNotNeed() throws {
        try RecordedRun.with { run in
            let latent = try #require(try run.workspace.openLedger().storedTensors(of: "run-1", step: 3).last)
            let path = run.workspace.objects.path(of: latent.object)
            try run.flip(path, at: 0)
            #expect(try run.audit().verdict == .tampered && verify(run).verdict == .tampered)
            try FileContents.remove([path])
            #expect(try run.audit().verdict == .incomparable)
            let report = try verify(run)
            #expect(report.verdict == .incomplete && report.unchecked.map(\.name) == ["the rest"])
        }
    }
}
