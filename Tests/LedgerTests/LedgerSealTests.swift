import Core
import Foundation
import GRDB
import Ledger
import Testing

/// The rows beside the steps, which no step's record names: the outcome of a finished run seals them.
@Suite struct LedgerSealTests {
    /// A finished run with rows in every table: items with labels, stored values, measures, checkpoints after each step.
    private func withRun(_ body: (LedgerStore, Manifest) throws -> Void) throws {
        try Sample.withFolder { folder in
            let store = try LedgerStore(path: folder + "/l.sqlite")
            try body(store, try record(into: store))
        }
    }

    /// The recorder goes, and its lock with it.
    private func record(into store: LedgerStore) throws -> Manifest {
        let recorder = try store.createRun(inputs: Sample.inputs(), circumstances: Sample.circumstances)
        try recorder.record(
            (0..<3).map {
                DataItem(item: "pair-\($0)", digest: .of(.dataItem, "\($0)"), labels: ["w": UInt32($0)])
            })
        for step in try Sample.traces() {
            let place = StoredTensor(
                phase: .inversion, name: "latent.0", dtype: "F32", shape: [2, 2], object: .of(.object, "values"),
                offset: 0, count: 16)
            try recorder.append(step, stored: [place])
            try recorder.record(measure: "validation/accuracy", 0.5, step: step.record.step)
            try recorder.record(
                StoredCheckpoint(
                    step: step.record.step, part: "state", object: .of(.object, "\(step.record.step)"),
                    digest: Sample.weights))
        }
        return try recorder.finish(weightsDigest: Sample.weights, files: ["a/b.json": Sample.weights])
    }

    private func change(_ store: LedgerStore, _ sql: String) throws {
        try DatabaseQueue(path: store.path).write { db in
            try db.execute(sql: sql)
            #expect(db.changesCount > 0, "\(sql)")
        }
    }

    @Test func anUntouchedRunHolds() throws {
        try withRun { store, manifest in
            let verified = try store.verify("run-1")
            #expect(verified.manifest == manifest && verified.prunedCheckpoints == [])
            let seal = try #require(manifest.outcome?.ledger)
            #expect(
                seal.level == .tensors && seal.rows.keys.sorted() == ["data_items", "labels", "latents", "measures"])
            #expect(seal.checkpoints["2.state"] == .of(.object, "2") && seal.checkpoints.count == 3)
            #expect(manifest.format == 3 && manifest.outcome?.files == ["a/b.json": Sample.weights])
            // An audit is recorded afterwards.
            try store.recordAudit(of: "run-1", verdict: "reproduced", report: [])
            #expect(try store.verify("run-1").manifest == manifest)
            #expect(try store.looseRows(of: "run-1") == (measures: 3, audits: 1))
        }
    }

    @Test(arguments: [
        ("UPDATE measures SET bits = '0x3fe0000000000001' WHERE step = 2", "measures"),
        ("UPDATE measures SET name = 'validation/loss' WHERE step = 2", "measures"),
        ("DELETE FROM measures WHERE step = 2", "measures"), ("DELETE FROM measures", "measures"),
        ("INSERT INTO measures VALUES (1, 2, 'validation/loss', '0x3fe0000000000000')", "measures"),
        ("DELETE FROM latents WHERE step = 2", "latents"), ("DELETE FROM latents", "latents"),
        ("UPDATE latents SET offset = 4 WHERE step = 1", "latents"),
        ("UPDATE latents SET object = zeroblob(32) WHERE step = 1", "latents"),
        (
            "INSERT INTO latents VALUES (1, 2, 'gradient', 'layer.0.weight', 'F32', '[2]', zeroblob(32), 0, 8)",
            "latents"
        ),
        ("UPDATE data_items SET item = 'pair-9' WHERE position = 1", "data_items"),
        ("DELETE FROM data_items WHERE position = 2", "data_items"), ("DELETE FROM data_items", "data_items"),
        ("INSERT INTO data_items VALUES (1, 3, 'pair-3', zeroblob(32))", "data_items"),
        ("UPDATE labels SET bits = '0x00000009' WHERE position = 1", "labels"),
        ("DELETE FROM labels WHERE position = 1", "labels"), ("DELETE FROM labels", "labels"),
        ("INSERT INTO labels VALUES (1, 1, 'more', '0x00000000')", "labels"),
        ("UPDATE checkpoints SET object = zeroblob(32) WHERE step = 2", "checkpoints (step 2)"),
        ("UPDATE checkpoints SET step = 7 WHERE step = 2", "checkpoints (step 7)"),
        ("UPDATE checkpoints SET part = 'more' WHERE step = 2", "checkpoints (step 2)"),
        ("INSERT INTO checkpoints VALUES (1, 9, 'state', zeroblob(32), zeroblob(32))", "checkpoints (step 9)"),
        ("DELETE FROM checkpoints WHERE step = 2", "checkpoints"),
        ("DELETE FROM checkpoints WHERE step = 3", "checkpoints"),
        ("DELETE FROM checkpoints", "checkpoints"), ("UPDATE runs SET level = 'steps'", "runs.level"),
        (
            "INSERT INTO operators SELECT 1, 1, 0, 'policy', id, zeroblob(64) FROM name_lists LIMIT 1", "operators"
        ),
    ])
    func aRowThatIsChangedTakenOutOrAddedIsFound(sql: String, field: String) throws {
        try withRun { store, _ in
            try change(store, sql)
            let error = try #require(throws: TamperError.self) { try store.verify("run-1") }
            #expect(error.field == field && error.run == "run-1" && error.expected != error.found, "\(error)")
        }
    }

    /// What `smpo runs prune` takes may go, and is told.
    @Test func prunedCheckpointsAreNamed() throws {
        try withRun { store, manifest in
            let plan = try store.planPruning(["run-1"], checkpointsOnly: true)
            _ = try store.prune(plan, objects: ObjectStore(folder: NSTemporaryDirectory() + UUID().uuidString))
            let verified = try store.verify("run-1")
            #expect(verified.manifest == manifest && verified.prunedCheckpoints == [1, 2])
        }
    }

    /// An outcome without the new members is one of format 2, with the digest that format 2 gave it.
    @Test func formatTwoIsStillRead() throws {
        try withRun { store, manifest in
            var old = manifest
            old.outcome?.files = nil
            old.outcome?.ledger = nil
            guard case .object(var object) = old.json else { throw TamperTestFailure() }
            #expect(old.format == 2 && object["format"] == 2)
            #expect(try Manifest(json: JSONCursor(old.json, name: "manifest")) == old)
            // A format that the members contradict is no manifest.
            for (format, json) in [(3, old.json), (2, manifest.json)] {
                guard case .object(let members) = json else { throw TamperTestFailure() }
                object = members
                (object["digest"], object["format"]) = (nil, .integer(format))
                object["digest"] = .digest(.of(.manifest, .object(object)))
                #expect(throws: JSONShapeError.self) {
                    try Manifest(json: JSONCursor(.object(object), name: "manifest"))
                }
            }
            try DatabaseQueue(path: store.path).write { db in
                try db.execute(
                    sql: "UPDATE runs SET outcome = ?, manifest_digest = ?",
                    arguments: [try #require(old.outcome).json.canonical, Data(old.digest.bytes)])
                try db.execute(sql: "DELETE FROM measures")
            }
            #expect(try store.verify("run-1").manifest == old)
        }
    }

    /// The digest is over what the command-line tool prints.
    @Test func theRowsDigestIsThatOfTheirText() throws {
        try withRun { store, manifest in
            let text = try Sample.sqlite(
                store.path, "SELECT json_array(step, name, bits) FROM measures WHERE run_id = 1 ORDER BY step, name")
            #expect(text.hasPrefix(#"[1,"validation/accuracy","0x3fe0000000000000"]"#))
            #expect(manifest.outcome?.ledger?.rows["measures"] == .of(.rows, text + "\n"))
        }
    }
}
