import Core
import GRDB

extension LedgerStore {
    /// Begins a run and takes the right to record it.
    ///
    /// - Parameters:
    ///   - name: the run's name; `nil` for the first of `run-1`, `run-2`, … that neither the ledger nor `taken` has.
    ///   - taken: names used elsewhere: those of the manifests and golden logs.
    ///   - level: how much is kept beside the records.
    /// - Throws: `LedgerError` (`nameNotUsable`, `readOnly`, `diskFull`, …).
    package func createRun(
        inputs: ManifestInputs, circumstances: ManifestCircumstances, name: String? = nil, taken: [String] = [],
        level: RecordLevel = .tensors
    ) throws -> RunRecorder {
        guard !isReadOnly else { throw LedgerError.readOnly(path: path) }
        let (id, chosen, lock) = try write { db in
            let known = try String.fetchAll(db, sql: "SELECT name FROM runs")
            let chosen = try Self.choose(name, taken: taken + known)
            // Before the run can be seen, or somebody else could take it up.
            let lock = try WriterLock(ledger: path, run: chosen)
            let environment = try Self.environment(circumstances, db)
            let text = inputs.json.canonical
            try db.execute(
                sql: """
                    INSERT INTO runs (name, state, level, inputs, inputs_digest, environment_id)
                    VALUES (?, 'running', ?, ?, ?, ?)
                    """,
                arguments: [chosen, level.rawValue, text, Digest.of(.manifestInputs, text).data, environment])
            return (db.lastInsertedRowID, chosen, lock)
        }
        return RunRecorder(
            store: self, lock: lock, id: id, name: chosen, level: level, inputs: inputs, circumstances: circumstances,
            chain: Chain(inputs: inputs.digest))
    }

    /// Takes up a run that was not finished, after verifying all of it.
    ///
    /// - Parameter afterStep: the step after which to go on, that of a checkpoint; later steps are removed from the
    ///   ledger. `nil`: after the last recorded one.
    /// - Throws: `LedgerError` (`recordedElsewhere`, `unknownRun`, `finished`, …), `TamperError`.
    package func resumeRun(_ name: String, afterStep: Int? = nil) throws -> RunRecorder {
        guard !isReadOnly else { throw LedgerError.readOnly(path: path) }
        // No lock for a run that there is not.
        _ = try self.run(name)
        let lock = try WriterLock(ledger: path, run: name)
        let run = try verify(name)
        guard run.manifest.outcome == nil else { throw LedgerError.finished(run: name) }
        let last = min(afterStep ?? run.chain.count, run.chain.count)
        var chain = Chain(inputs: run.manifest.inputs.digest)
        for digest in run.chain.steps.prefix(last) { chain.append(digest) }
        let (id, level) = try write { db -> (Int64, RecordLevel) in
            let id = try Self.id(of: name, db)
            try db.execute(sql: "DELETE FROM steps WHERE run_id = ? AND step > ?", arguments: [id, last])
            try db.execute(sql: "DELETE FROM checkpoints WHERE run_id = ? AND step > ?", arguments: [id, last])
            try db.execute(sql: "UPDATE runs SET state = 'running', ended_at = NULL WHERE id = ?", arguments: [id])
            return (id, try self.level(id, name, db))
        }
        return RunRecorder(
            store: self, lock: lock, id: id, name: name, level: level, inputs: run.manifest.inputs,
            circumstances: run.manifest.circumstances, chain: chain)
    }

    /// All runs in the order in which they were begun. - Throws: `LedgerError`.
    package func runs() throws -> [RunSummary] {
        try read { db in try Self.summaries(db) }
    }

    /// One run. - Throws: `LedgerError.unknownRun`.
    package func run(_ name: String) throws -> RunSummary {
        let all = try runs()
        guard let run = all.first(where: { utf8Equal($0.name, name) }) else {
            throw LedgerError.unknownRun(name: name, known: all.map(\.name))
        }
        return run
    }

    /// Steps of a run in order, as stored; `verify(_:objects:)` checks them.
    /// - Parameter range: the steps wanted, from 1; `nil` for all.
    /// - Throws: `LedgerError`, `TamperError` for a row that holds no step record.
    package func steps(of name: String, in range: ClosedRange<Int>? = nil) throws -> [StoredStep] {
        try read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT step, CAST(record AS BLOB) AS record, digest, head FROM steps
                    WHERE run_id = ? AND step BETWEEN ? AND ? ORDER BY step
                    """,
                arguments: [try Self.id(of: name, db), range?.lowerBound ?? 1, range?.upperBound ?? Int.max])
            var result: [StoredStep] = []
            while let row = try rows.next() { result.append(try StoredStep(row, file: path, run: name)) }
            return result
        }
    }

    static func id(of name: String, _ db: Database) throws -> Int64 {
        let sql = "SELECT id FROM runs WHERE name = ?"
        if let id = try Row.fetchOne(db, sql: sql, arguments: [name])?.integer("id") { return id }
        throw LedgerError.unknownRun(
            name: name, known: try String.fetchAll(db, sql: "SELECT name FROM runs ORDER BY id"))
    }

    private static func choose(_ name: String?, taken: [String]) throws -> String {
        guard let name else { return RunName.nextFree(taken: taken) }
        guard RunName.isValid(name) else {
            throw LedgerError.nameNotUsable(
                name: name, reason: "a name is 1 to 64 of A-Z a-z 0-9 . _ - and begins with a letter or digit")
        }
        guard !taken.contains(name) else { throw LedgerError.nameNotUsable(name: name, reason: "it is taken") }
        return name
    }

    private static func environment(_ circumstances: ManifestCircumstances, _ db: Database) throws -> Int64 {
        let text = circumstances.json.canonical
        let digest = Digest.of(.environment, text)
        try db.execute(
            sql: "INSERT OR IGNORE INTO environments (digest, circumstances) VALUES (?, ?)",
            arguments: [digest.data, text])
        let sql = "SELECT id FROM environments WHERE digest = ?"
        return try Row.fetchOne(db, sql: sql, arguments: [digest.data])?.integer("id") ?? 0
    }

    private static func summaries(_ db: Database) throws -> [RunSummary] {
        let sql = """
            SELECT name, state, started_at, ended_at, json_extract(inputs, '$.recipe.name') AS recipe,
                json_extract(inputs, '$.recipe.training.steps') AS planned,
                (SELECT max(step) FROM steps WHERE run_id = runs.id) AS steps,
                (SELECT head FROM steps WHERE run_id = runs.id ORDER BY step DESC LIMIT 1) AS head
            FROM runs ORDER BY id
            """
        return try Row.fetchAll(db, sql: sql).map { row in
            RunSummary(
                name: row.text("name") ?? "?", recipe: row.text("recipe") ?? "",
                state: row.text("state").flatMap(RunSummary.State.init) ?? .interrupted,
                steps: Int(row.integer("steps") ?? 0), plannedSteps: row.integer("planned").map(Int.init),
                head: row.digest("head"),
                startedAt: row.text("started_at") ?? "",
                endedAt: row.text("ended_at"))
        }
    }
}
