import Core
import GRDB

/// The ledger's holdings of a finished run beside the chain (level, checkpoints, digests of rows), as the manifest's outcome
/// states them: a row that is changed, added or taken out later is found by them.
package struct LedgerSeal: Sendable, Equatable {
    /// The level of the recording.
    package let level: RecordLevel
    /// The objects of the checkpoints by step and part, `2.state`. Those before the last may go (`smpo runs prune`).
    package let checkpoints: [String: Digest]
    /// By the name of a table, the digest in the domain `rows` of the run's rows in it.
    package let rows: [String: Digest]

    /// The tables whose rows are sealed, each with a row's columns in canonical JSON, and their order.
    static let tables: [(name: String, columns: String, order: String)] = [
        ("data_items", "position, item, lower(hex(digest))", "position"),
        ("labels", "position, name, bits", "position, name"),
        (
            StoredTensor.table, "step, phase, name, dtype, shape, lower(hex(object)), offset, bytes",
            "step, phase, name"
        ),
        ("measures", "step, name, bits", "step, name"),
    ]

    /// The JSON form.
    package var json: JSONValue {
        [
            "level": .string(level.rawValue),
            "checkpoints": .object(JSONObject(checkpoints.map { ($0.key, .digest($0.value)) })),
            "rows": .object(JSONObject(rows.map { ($0.key, .digest($0.value)) })),
        ]
    }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["checkpoints", "level", "rows"])
        let level = try cursor["level"].string()
        guard let level = RecordLevel(rawValue: level) else {
            throw try cursor["level"].error(expected: "steps, tensors or operators", found: level)
        }
        self.level = level
        checkpoints = try cursor["checkpoints"].digests()
        rows = try cursor["rows"].digests()
    }

    /// The seal of what the ledger holds of a run now.
    init(of id: Int64, level: RecordLevel, _ db: Database) throws {
        self.level = level
        checkpoints = try LedgerSeal.checkpoints(of: id, db)
        rows = Dictionary(
            uniqueKeysWithValues: try LedgerSeal.tables.map { ($0.name, try LedgerSeal.rows(of: id, $0, db).digest) })
    }

    /// Holds what the ledger has of a run against the seal; gives the steps of checkpoints that have gone since, all
    /// but the last. - Throws: `TamperError` that names the table.
    func check(_ id: Int64, level found: RecordLevel, file: String, run: String, _ db: Database) throws -> [Int] {
        func tampered(_ field: String, _ expected: String, _ found: String) -> TamperError {
            TamperError(file: file, run: run, step: nil, field: field, expected: expected, found: found)
        }
        guard level == found else { throw tampered("runs.level", level.rawValue, found.rawValue) }
        for table in LedgerSeal.tables {
            guard let expected = rows[table.name] else {
                throw tampered("outcome.ledger.rows", "a digest of \(table.name)", "none")
            }
            let (digest, count) = try LedgerSeal.rows(of: id, table, db)
            guard digest == expected else {
                throw tampered(table.name, "the rows with the digest \(expected)", "\(count) with \(digest)")
            }
        }
        let present = try LedgerSeal.checkpoints(of: id, db)
        for (key, object) in present.sorted(by: { utf8Less($0.key, $1.key) }) where checkpoints[key] != object {
            let place = "checkpoints (\(LedgerSeal.shown(key)))"
            throw tampered(place, checkpoints[key]?.hex ?? "no such row", object.hex)
        }
        let gone = checkpoints.keys.filter { present[$0] == nil }.sorted { LedgerSeal.step($0) < LedgerSeal.step($1) }
        // Pruning takes all before the last; other holes nobody but a forger makes.
        let last = checkpoints.keys.map(LedgerSeal.step).max() ?? 0
        let isPruned = !gone.isEmpty && present.keys.allSatisfy { LedgerSeal.step($0) == last }
        guard gone.isEmpty || isPruned && !gone.contains(where: { LedgerSeal.step($0) == last }) else {
            throw tampered(
                "checkpoints", "\(checkpoints.count) rows",
                "\(present.count), without " + gone.map(LedgerSeal.shown).joined(separator: ", "))
        }
        return gone.map(LedgerSeal.step)
    }

    private static func step(_ key: String) -> Int { Int(key.prefix { $0 != "." }) ?? 0 }

    private static func shown(_ key: String) -> String { "step \(step(key))" }

    private static func checkpoints(of id: Int64, _ db: Database) throws -> [String: Digest] {
        let sql = "SELECT step || '.' || part AS key, object FROM checkpoints WHERE run_id = ?"
        var result: [String: Digest] = [:]
        for row in try Row.fetchAll(db, sql: sql, arguments: [id]) {
            // A row of other types the step's own check names.
            if let key = row.text("key"), let object = row.digest("object") { result[key] = object }
        }
        return result
    }

    /// The rows as SQLite's `json_array` prints them, each with a line feed: `sqlite3` prints the same.
    private static func rows(
        of id: Int64, _ table: (name: String, columns: String, order: String), _ db: Database
    ) throws -> (digest: Digest, count: Int) {
        let sql = """
            SELECT json_array(\(table.columns)) AS line FROM \(table.name) WHERE run_id = ? ORDER BY \(table.order)
            """
        let rows = try Row.fetchCursor(db, sql: sql, arguments: [id])
        var stream = SHA256Stream(domain: .rows)
        var count = 0
        while let row = try rows.next() {
            stream.update(row.bytes("line") ?? [])
            stream.update(byte: 0x0A)
            count += 1
        }
        return (stream.finalize(), count)
    }
}

extension LedgerSeal: CustomStringConvertible {
    /// The sealed tables, in a line.
    package var description: String {
        "of \(LedgerSeal.tables.map(\.name).joined(separator: ", ")) and checkpoints: none changed, added or missing, as the "
            + "outcome states them"
    }
}

extension LedgerStore {
    /// The number of rows of a run that no digest covers, or none unless its outcome has a seal: of the tables
    /// `measures` and `audits`. - Throws: `LedgerError`.
    package func looseRows(of run: String) throws -> (measures: Int, audits: Int) {
        try read { db in
            let id = try Self.id(of: run, db)
            let measures = try Row.fetchOne(
                db, sql: "SELECT count(*) AS n FROM measures WHERE run_id = ?", arguments: [id])
            let audits = try Row.fetchOne(db, sql: "SELECT count(*) AS n FROM audits WHERE run = ?", arguments: [run])
            return (Int(measures?.integer("n") ?? 0), Int(audits?.integer("n") ?? 0))
        }
    }
}
