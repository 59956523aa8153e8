import Audit
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// What documents state beside that which a replay proves: they must agree, for no replay would tell who is right.
@Suite struct StatementTests {
    private func evidence(_ run: RecordedRun) throws -> Run {
        try Run("run-1", in: run.workspace)
    }

    /// The ledger's own copy of the seal is no witness against the manifest's.
    @Test(arguments: ["labels", "checkpoints", "operators_root"])
    func sealsThatDisagreeAreTampered(member: String) throws {
        try RecordedRun.with(level: .operators) { run in
            _ = try evidence(run)
            var manifest = run.manifest
            let ledger = try #require(manifest.outcome?.ledger)
            guard case .object(var json) = ledger.json, case .object(var rows)? = json["rows"] else {
                Issue.record("\(ledger.json)")
                return
            }
            rows["labels"] = .digest(run.manifest.inputs.digest)
            switch member {
            case "labels": json["rows"] = .object(rows)
            case "checkpoints": json["checkpoints"] = .object(JSONObject())
            default: manifest.outcome?.other["operators_root"] = .digest(run.manifest.inputs.digest)
            }
            manifest.outcome?.ledger = try LedgerSeal(json: JSONCursor(.object(json), name: "ledger"))
            try manifest.write(to: run.workspace.manifest("run-1"))
            let error = #expect(throws: TamperError.self) { _ = try evidence(run) }
            #expect(error?.field == (member == "operators_root" ? "outcome.operators_root" : "outcome.ledger"))
        }
    }

    /// Without its outcome the ledger's rows are held against nothing: that is no verified run.
    @Test func aFinishedRunIsNotMadeUnfinished() throws {
        try RecordedRun.with { run in
            try run.manifest.write(to: run.workspace.manifest("run-1"))
            try run.sql(
                "UPDATE runs SET state = 'interrupted', outcome = NULL, manifest_digest = NULL, ended_at = NULL")
            let report = try Verifier(workspace: run.workspace, engine: run.engine).verify("run-1")
            #expect(report.verdict == .incomplete && report.reason?.contains("not finished") == true)
        }
    }

    @Test func aGoldenManifestIsNotBroughtDown() throws {
        try RecordedRun.with { run in
            try run.manifest.write(to: run.workspace.manifest("run-1"))
            try run.promote()
            _ = try evidence(run)
            var old = run.manifest
            old.outcome?.files = nil
            old.outcome?.ledger = nil
            try old.write(to: run.workspace.golden("run-1") + "/manifest.json")
            let error = #expect(throws: TamperError.self) { _ = try evidence(run) }
            #expect(error?.field == "format")
        }
    }

    /// Another state under its own digest in the row of the last checkpoint: nobody goes on from it.
    @Test func aRunIsNotTakenUpFromAForgedCheckpoint() throws {
        try RecordedRun.with({ runs, _ in try runs.smpo(more: "record: {checkpoint_every: 2}") }) { run in
            try run.forgeCheckpoint { tensors, _ in
                let place = try #require(tensors.firstIndex { $0.name.hasPrefix("first/") })
                tensors[place].tensor.hostValues[0] += 1
            }
            for later in try run.workspace.openLedger().checkpoints(of: "run-1") where later.step > 2 {
                try run.sql("DELETE FROM checkpoints WHERE step = \(later.step)")
            }
            try run.sql(
                "UPDATE runs SET state = 'interrupted', outcome = NULL, manifest_digest = NULL WHERE name = 'run-1'")
            let session = try TrainingSession(
                recipe: Recipe(json: JSONCursor(run.manifest.inputs.recipe, name: "recipe")), engine: run.engine)
            let recording = RunRecording(
                session: session, workspace: run.workspace, circumstances: RecordedRun.circumstances)
            let error = #expect(throws: TamperError.self) {
                _ = try recording.resume(run: "run-1", onStep: { _, _ in }, shouldStop: { false })
            }
            #expect(error?.field == "the optimiser's moments", "\(String(describing: error))")
        }
    }
}
