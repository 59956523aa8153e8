import Core
import GRDB

/// The state of a ledger's file, apart from what the runs in it say.
package struct LedgerHealth: Sendable, Equatable {
    /// The version of the file's tables.
    package let schema: Int
    /// The damage that SQLite's own check of the file finds; empty when there is none.
    package let damage: [String]
    /// Tables and views that are not those of its version; empty when all are.
    package let strangeTables: [String]
    /// The runs that are being recorded now, and by whom: `run-1, process 4711` each.
    package let writers: [String]

    /// The newest version of the tables that this program knows.
    package static let newestSchema = LedgerSchema.version
}

extension LedgerStore {
    /// The version of the file's tables, and what is strange about them; the file itself is not read through.
    /// - Throws: `LedgerError`.
    package func schema() throws -> (version: Int, strangeTables: [String]) {
        try read { db in
            (try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0, try LedgerSchema.differences(db))
        }
    }

    /// Whether a process holds the right to record a run now.
    package func isRecorded(_ run: String) -> Bool {
        WriterLock.writers(ledger: path).contains { utf8Equal($0.run, run) }
    }

    /// Looks at the file: version, `PRAGMA integrity_check`, `PRAGMA foreign_key_check`, its tables, who records.
    /// - Throws: `LedgerError`.
    package func health() throws -> LedgerHealth {
        try read { db in
            let found = try String.fetchAll(db, sql: "PRAGMA integrity_check(10)").filter { $0 != "ok" }
            let orphans = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").prefix(10).map { row in
                "a row of \(row.text("table") ?? "?") belongs to none of \(row.text("parent") ?? "?")"
            }
            return LedgerHealth(
                schema: try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0, damage: found + orphans,
                strangeTables: try LedgerSchema.differences(db),
                writers: WriterLock.writers(ledger: path).map { "\($0.run), \($0.holder)" })
        }
    }
}
