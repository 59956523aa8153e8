import Core
import GRDB

extension LedgerStore {
    /// Records the result of an audit. The run need not be in the ledger: golden runs are audited too.
    /// - Throws: `LedgerError`.
    package func recordAudit(of run: String, verdict: String, report: JSONValue) throws {
        try write { db in
            try db.execute(
                sql: "INSERT INTO audits (run, verdict, report) VALUES (?, ?, ?)",
                arguments: [run, verdict, report.canonical])
        }
    }

    /// The audits of a run, or of all runs, oldest first. - Throws: `LedgerError`, `JSONSyntaxError`.
    package func audits(of run: String? = nil) throws -> [AuditRecord] {
        try read { db in
            let sql =
                "SELECT run, verdict, CAST(report AS BLOB) AS report, at FROM audits WHERE ?1 IS NULL OR run = ?1 ORDER BY id"
            return try Row.fetchAll(db, sql: sql, arguments: [run]).map { row in
                AuditRecord(
                    run: row.text("run") ?? "?", verdict: row.text("verdict") ?? "?",
                    report: try JSONValue.parse(row.bytes("report") ?? [], file: path), at: row.text("at") ?? "")
            }
        }
    }

    /// The measures of a run between its steps, by step and name. - Throws: `LedgerError`, `TamperError`.
    package func measures(of run: String) throws -> [(step: Int, name: String, value: Double)] {
        try read { db in
            let sql = "SELECT step, name, bits FROM measures WHERE run_id = ? ORDER BY step, name"
            return try Row.fetchAll(db, sql: sql, arguments: [try Self.id(of: run, db)]).map { row in
                guard let step = row.integer("step"), let name = row.text("name"),
                    let bits = row.text("bits").flatMap({ HexFloat.bits($0, as: UInt64.self) })
                else { throw Self.damaged("measures", row, path, run) }
                return (Int(step), name, Double(bitPattern: bits))
            }
        }
    }

    /// The parts of all checkpoints of a run, by step and part. - Throws: `LedgerError`, `TamperError`.
    package func checkpoints(of run: String) throws -> [StoredCheckpoint] {
        try read { db in
            let sql = "SELECT step, part, object, digest FROM checkpoints WHERE run_id = ? ORDER BY step, part"
            return try Row.fetchAll(db, sql: sql, arguments: [try Self.id(of: run, db)]).map { row in
                guard let step = row.integer("step"), let part = row.text("part"), let object = row.digest("object"),
                    let digest = row.digest("digest")
                else {
                    throw TamperError(
                        file: path, run: run, step: nil, field: "checkpoints", expected: "a row of the right types",
                        found: "\(row)")
                }
                return StoredCheckpoint(step: Int(step), part: part, object: object, digest: digest)
            }
        }
    }

    /// The objects that a run names: parts of checkpoints, and values of tensors. - Throws: `LedgerError`.
    package func objects(of run: String) throws -> Set<Digest> {
        try read { db in
            let sql = """
                SELECT object FROM checkpoints WHERE run_id = ?1 UNION
                SELECT object FROM \(StoredTensor.table) WHERE run_id = ?1
                """
            return Set(
                try Row.fetchAll(db, sql: sql, arguments: [try Self.id(of: run, db)]).compactMap { $0.digest("object") }
            )
        }
    }

    /// The places of the values of a step's tensors, by phase and name; empty where none were stored.
    /// - Throws: `LedgerError`, `TamperError`.
    package func storedTensors(of run: String, step: Int) throws -> [StoredTensor] {
        try read { db in try storedTensors(try Self.id(of: run, db), run: run, step: step, db) }
    }

    func storedTensors(_ id: Int64, run: String, step: Int, _ db: Database) throws -> [StoredTensor] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT phase, name, dtype, CAST(shape AS BLOB) AS shape, object, offset, bytes
                FROM \(StoredTensor.table)
                WHERE run_id = ? AND step = ? ORDER BY phase, name
                """)
        return try Row.fetchAll(statement, arguments: [id, step]).map { row in
            guard let phase = row.text("phase").flatMap(Phase.init), let name = row.text("name"),
                let dtype = row.text("dtype"), let shape = Self.shape(row), let object = row.digest("object"),
                let offset = row.integer("offset"), let count = row.integer("bytes")
            else {
                throw TamperError(
                    file: path, run: run, step: step, field: StoredTensor.table, expected: "a row of the right types",
                    found: "\(row)")
            }
            return StoredTensor(
                phase: phase, name: name, dtype: dtype, shape: shape, object: object, offset: Int(offset),
                count: Int(count))
        }
    }

    /// The items of a run's data set in their order, with labels. - Throws: `LedgerError`, `TamperError`.
    package func dataItems(of run: String) throws -> [DataItem] {
        try read { db in
            let id = try Self.id(of: run, db)
            var labels: [Int64: [String: UInt32]] = [:]
            let sql = "SELECT position, name, bits FROM labels WHERE run_id = ?"
            for row in try Row.fetchAll(db, sql: sql, arguments: [id]) {
                guard let position = row.integer("position"), let name = row.text("name"),
                    let bits = row.text("bits").flatMap({ HexFloat.bits($0, as: UInt32.self) })
                else { throw Self.damaged("labels", row, path, run) }
                labels[position, default: [:]][name] = bits
            }
            let items = "SELECT position, item, digest FROM data_items WHERE run_id = ? ORDER BY position"
            return try Row.fetchAll(db, sql: items, arguments: [id]).map { row in
                guard let position = row.integer("position"), let item = row.text("item"),
                    let digest = row.digest("digest")
                else { throw Self.damaged("data_items", row, path, run) }
                return DataItem(item: item, digest: digest, labels: labels[position] ?? [:])
            }
        }
    }

    private static func damaged(_ table: String, _ row: Row, _ path: String, _ run: String) -> TamperError {
        TamperError(
            file: path, run: run, step: nil, field: table, expected: "a row of the right types", found: "\(row)")
    }

    private static func shape(_ row: Row) -> [Int]? {
        guard let bytes = row.bytes("shape"), let json = try? JSONValue.parse(bytes, file: "") else { return nil }
        let dimensions = try? JSONCursor(json, name: "shape").elements().map { try $0.int() }
        return dimensions.flatMap { $0.allSatisfy { $0 >= 0 } ? $0 : nil }
    }
}
