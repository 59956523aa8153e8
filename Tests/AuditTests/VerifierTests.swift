import Audit
import Checkpoints
import Compute
import Core
import Foundation
import GRDB
import Ledger
import Testing
import TinyRuns
import Training

/// Integrity without replay: what holds is listed, what was changed is found even where its own hash was made anew.
@Suite struct VerifierTests {
    private func verify(_ run: RecordedRun, opensInputs: Bool = true) throws -> VerificationReport {
        try Verifier(workspace: run.workspace, engine: run.engine, opensInputs: opensInputs).verify("run-1")
    }

    private func expectTampered(
        _ run: RecordedRun, naming words: String..., location: SourceLocation = #_sourceLocation
    ) throws {
        let report = try verify(run)
        #expect(report.verdict == .tampered, sourceLocation: location)
        for word in words {
            #expect(report.reason?.contains(word) == true, "\(report.reason ?? "none")", sourceLocation: location)
        }
    }

    /// A run with every part that there can be: checkpoints on the way, an average, the trained model.
    private func withWholeRun(_ body: (RecordedRun) throws -> Void) throws {
        try RecordedRun.with({ runs, _ in
            try runs.smpo(steps: 4, more: "record: {checkpoint_every: 2}", training: ", ema: 0.9")
        }) { run in
            try run.promote()
            try run.writeModel()
            try body(run)
        }
    }

    /// The digests of a run of a contract that is not known here hold; its inputs cannot be opened as it read them, which is no
    /// tampering.
    @Test func aRunOfAnotherContractIsIncomparable() throws {
        try RecordedRun.with { run in
            try run.copy(under: "ref-9", as: "nine")
            let verifier = Verifier(workspace: run.workspace, engine: run.engine)
            let report = try verifier.verify("nine")
            #expect(report.verdict == .incomparable && report.reason?.contains("ref-9") == true, "\(report)")
            #expect(report.checks.contains { $0.name == "ledger" } && report.unchecked.contains { $0.name == "inputs" })
            let audit = try run.audit("nine")
            #expect(audit.verdict == .incomparable && audit.reason == report.reason)
        }
    }

    @Test func allThatThereIsHolds() throws {
        try withWholeRun { run in
            let report = try verify(run)
            #expect(report.verdict == .verified, "\(report.reason ?? "")")
            #expect(
                report.checks.map(\.name) == [
                    "manifest", "golden log", "ledger", "checkpoints", "ledger rows", "trained files", "inputs",
                    "trained model",
                ])
            #expect(report.checks[3].detail.hasPrefix("2,"))
            // Nothing but times is left to itself.
            #expect(report.unchecked.map(\.name) == ["signature", "ledger rows"], "\(report.unchecked)")
            let less = try verify(run, opensInputs: false)
            #expect(less.verdict == .verified)
            #expect(less.unchecked.map(\.name) == ["signature", "ledger rows", "inputs", "trained model"])
            try run.removeLedger()
            let golden = try verify(run)
            #expect(golden.verdict == .verified)
            #expect(
                golden.unchecked.map(\.name) == ["signature", "ledger", "trained files", "trained model"],
                "\(golden.unchecked)")
        }
    }

    /// A run of another backend, looked at with other workers than it was recorded with.
    @Test func aRunOfAnotherBackendHolds() throws {
        try RecordedRun.with({ runs, _ in try runs.smpo(more: "backend: openblas") }) { run in
            let engine = Engine(workers: run.engine.pool.workers + 1)
            defer { engine.stop() }
            let report = try Verifier(workspace: run.workspace, engine: engine).verify("run-1")
            #expect(report.verdict == .verified && report.checks.last?.name == "inputs", "\(report.reason ?? "")")
        }
    }

    /// A checkpoint with one part changed, its object named by its new digest: only the step's record knows better.
    @Test(arguments: [
        "weights/", "first/", "second/", "average/", "steps", "updates", "beta1_power", "beta2_power", "more",
    ])
    func aCheckpointOfAnotherState(part: String) throws {
        try withWholeRun { run in
            let object = try run.forgeCheckpoint { tensors, metadata in
                if part == "more" {
                    tensors.append((name: "extra/x", tensor: Tensor([1], shape: [1])))
                } else if metadata[part] != nil {
                    metadata[part] = part.hasPrefix("beta") ? HexFloat.string(0.5) : "3"
                } else {
                    let tensor = try #require(tensors.last { $0.name.hasPrefix(part) }).tensor
                    tensor.hostValues[0] = tensor.hostValues[0].nextUp
                }
            }
            try expectTampered(run, naming: object, "step 2")
        }
    }

    @Test func theLedgersTablesAndItsCheckpointRows() throws {
        try withWholeRun { run in
            try run.sql("UPDATE checkpoints SET digest = zeroblob(32) WHERE step = 4")
            try expectTampered(run, naming: "step 4", "checkpoints.digest")
        }
        try withWholeRun { run in
            try run.sql("UPDATE checkpoints SET step = 7 WHERE step = 4")
            try expectTampered(run, naming: "step 7", "checkpoints")
        }
        try withWholeRun { run in
            try DatabaseQueue(path: run.workspace.ledger).write {
                try $0.execute(sql: "CREATE TRIGGER quiet AFTER INSERT ON audits BEGIN DELETE FROM audits; END")
            }
            try expectTampered(run, naming: "trigger quiet")
        }
    }

    @Test func theTrainedModelAndAMissingObject() throws {
        try withWholeRun { run in
            let path = run.workspace.model("run-1") + "/unet/diffusion_pytorch_model.safetensors"
            try run.flip(path, at: -1)
            try expectTampered(run, naming: path, "outcome.files")
            try run.flip(path, at: -1)
            let latent = try #require(try run.workspace.openLedger().storedTensors(of: "run-1", step: 1).first)
            try FileManager.default.removeItem(atPath: run.workspace.objects.path(of: latent.object))
            let report = try verify(run)
            #expect(report.verdict == .incomplete && report.reason?.contains(latent.object.hex.suffix(8)) == true)
        }
    }
}
