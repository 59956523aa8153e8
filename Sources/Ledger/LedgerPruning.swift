import Core
import GRDB

/// A plan to take runs, or parts of them, out of a ledger.
package struct PrunePlan: Sendable, Equatable {
    /// The runs that go, or whose checkpoints go.
    package let runs: [String]
    /// Whether only checkpoints before the last one go, and the runs stay.
    package let checkpointsOnly: Bool
    /// The number of steps that go with their runs.
    package let steps: Int
    /// Objects that nothing else names.
    package let objects: [Digest]
}

extension LedgerStore {
    /// The plan to take out these runs. - Throws: `LedgerError` (`unknownRun`, `recordedElsewhere` while anything is
    /// being recorded: a recorder stores objects before it names them).
    package func planPruning(_ names: [String], checkpointsOnly: Bool) throws -> PrunePlan {
        if let writer = WriterLock.writers(ledger: path).first {
            throw LedgerError.recordedElsewhere(run: writer.run, holder: writer.holder)
        }
        return try read { db in
            var (steps, mine, others): (Int, Set<Digest>, Set<Digest>) = (0, [], [])
            let ids = Set(try names.map { try Self.id(of: $0, db) })
            for row in try Row.fetchAll(db, sql: "SELECT run_id, max(step) AS n FROM steps GROUP BY run_id") {
                if ids.contains(row.integer("run_id") ?? -1) { steps += Int(row.integer("n") ?? 0) }
            }
            let sql = """
                SELECT DISTINCT run_id, object, 0 AS goes FROM \(StoredTensor.table) UNION ALL
                SELECT run_id, object, step < (SELECT max(step) FROM checkpoints c WHERE c.run_id = k.run_id) AS goes
                FROM checkpoints k
                """
            for row in try Row.fetchAll(db, sql: sql) {
                guard let object = row.digest("object") else { continue }
                let goes = ids.contains(row.integer("run_id") ?? -1) && (!checkpointsOnly || row.integer("goes") == 1)
                if goes { mine.insert(object) } else { others.insert(object) }
            }
            return PrunePlan(
                runs: names, checkpointsOnly: checkpointsOnly, steps: checkpointsOnly ? 0 : steps,
                objects: mine.subtracting(others).sorted())
        }
    }

    /// Takes out what a plan says, from the ledger first: an object without a name is only waste, a name without an
    /// object is a hole. Gives the bytes of the objects that were removed. - Throws: `LedgerError`, `FileError`.
    @discardableResult
    package func prune(_ plan: PrunePlan, objects: ObjectStore) throws -> Int {
        try write { db in
            for name in plan.runs {
                let id = try Self.id(of: name, db)
                if plan.checkpointsOnly {
                    let sql = """
                        DELETE FROM checkpoints WHERE run_id = ?1
                            AND step < (SELECT max(step) FROM checkpoints WHERE run_id = ?1)
                        """
                    try db.execute(sql: sql, arguments: [id])
                } else {
                    try db.execute(sql: "DELETE FROM runs WHERE id = ?", arguments: [id])
                }
            }
        }
        var bytes = 0
        for object in plan.objects {
            bytes += objects.size(object) ?? 0
            try objects.remove(object)
        }
        return bytes
    }
}
