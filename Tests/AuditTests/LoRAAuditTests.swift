import Audit
import Checkpoints
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// Recorded runs of adapters: replayed whole and in parts, verified with what they left behind.
@Suite struct LoRAAuditTests {
    /// A finished run of four steps with checkpoints after every second, an average, and its trained model.
    private func withRun(average: Bool = true, _ body: (RecordedRun) throws -> Void) throws {
        try RecordedRun.with({ runs, _ in
            try runs.smpo(
                steps: 4, more: "record: {checkpoint_every: 2}\nlora: {rank: 2, alpha: 3}",
                training: average ? ", ema: 0.9" : "")
        }) { run in
            try run.writeModel()
            try body(run)
        }
    }

    @Test func theRunIsReproducedWithOtherWorkers() throws {
        try withRun { run in
            for isa in ISA.supported {
                let engine = Engine(isa: isa, workers: run.engine.pool.workers + 2)
                defer { engine.stop() }
                let auditor = Auditor(workspace: run.workspace, engine: engine)
                let whole = try auditor.audit("run-1")
                #expect(whole.verdict == .reproduced && whole.equalSteps == 4, "\(whole.reason ?? "")")
                let part = try auditor.audit("run-1", segment: 3...4)
                #expect(part.verdict == .reproduced && part.segment?.checkpoint == 2, "\(part.reason ?? "")")
            }
        }
    }

    /// A run whose A came from another seed is another run: a manifest that claims it is this one's is found out.
    @Test func anotherSeedDiverges() throws {
        try withRun { run in
            let path = run.workspace.manifest("run-1")
            try run.removeLedger()
            try run.replace("\"rank\": 2", "\"rank\": 3", in: path)
            #expect(try run.audit().verdict == .tampered)
            var manifest = run.manifest
            guard case .object(var recipe) = manifest.inputs.recipe, case .object(var lora)? = recipe["lora"] else {
                Issue.record("no lora in the manifest")
                return
            }
            lora["init_seed"] = 8
            recipe["lora"] = .object(lora)
            manifest.inputs.recipe = .object(recipe)
            try manifest.write(to: path)
            let report = try run.audit()
            #expect(report.verdict == .diverged, "\(report.reason ?? "")")
        }
    }

    @Test(arguments: [true, false]) func whatTheRunLeftHolds(average: Bool) throws {
        try withRun(average: average) { run in
            func verify() throws -> VerificationReport {
                try Verifier(workspace: run.workspace, engine: run.engine).verify("run-1")
            }
            let report = try verify()
            #expect(report.verdict == .verified, "\(report.reason ?? "")")
            #expect(report.checks.last?.name == "trained model")
            // The adapters' bits are the record's, the merged weights' follow from them and the base: that is found also
            // where the manifest states no files.
            let model = run.workspace.model("run-1")
            for statesFiles in [true, false] {
                if !statesFiles { try run.makeFormatTwo() }
                for (file, words) in [
                    ("lora/adapter_model.safetensors", "the trained weights"),
                    ("unet/diffusion_pytorch_model.safetensors", "the merged "),
                ] {
                    try run.flip("\(model)/\(file)", at: -1)
                    let tampered = try verify()
                    #expect(tampered.verdict == .tampered, "\(tampered)")
                    let found = statesFiles ? "outcome.files" : words
                    #expect(tampered.reason?.contains(found) == true, "\(tampered)")
                    try run.flip("\(model)/\(file)", at: -1)
                }
                #expect(try verify().verdict == .verified)
            }
        }
    }
}
