import Core
import Foundation
import GRDB

/// Runs that go from one ledger to another.
extension LedgerStore {
    /// Writes `run` alone into a new ledger of one file, without a write-ahead log, to be read where nothing can be written.
    /// - Throws: `LedgerError`, `FileError`.
    package func pack(_ run: String, to path: String) throws {
        // On a disk of this machine, wherever the ledger goes: only its last form can lie on any file system.
        let draft = NSTemporaryDirectory() + "smpo-pack-\(UUID().uuidString).sqlite"
        defer { try? FileContents.remove(["", "-wal", "-shm", ".lock"].map { draft + $0 }) }
        try copy(to: draft, keeping: run)
        try LedgerStore(path: draft).vacuum(into: path)
    }

    /// Copies `run`, and nothing else, into a new ledger; audits of it stay behind. - Throws: `LedgerError`, `FileError`.
    package func copy(to path: String, keeping run: String) throws {
        let copy = try LedgerStore(path: path)
        try copy.take(run, from: self)
        try copy.checkpoint()
    }

    /// The tables of a run's rows and which of them are a run's (`?`), parents first.
    private static let rowsOfARun =
        [
            ("environments", "id = (SELECT environment_id FROM runs WHERE id = ?)"), ("runs", "id = ?"),
            (
                "name_lists",
                "id IN (SELECT names_id FROM tensor_digests WHERE run_id = ?1 UNION SELECT names_id FROM operators WHERE run_id = ?1)"
            ),
        ]
        + [
            "steps", "phases", "tensor_digests", "operators", StoredTensor.table, "checkpoints", "measures",
            "data_items", "labels",
        ].map { ($0, "run_id = ?") }

    /// The columns that name rows of those tables which have numbers of their own.
    private static let references = ["environments": "environment_id", "runs": "run_id", "name_lists": "names_id"]

    /// Takes over the rows of `run` from another ledger, in one transaction. Rows get numbers of this ledger's; circumstances and
    /// lists of names that are here already are not there twice.
    /// - Throws: `LedgerError`, also where a run of this name is here.
    package func take(_ run: String, from other: LedgerStore) throws {
        try other.read { source in
            let id = try LedgerStore.id(of: run, source)
            try write { target in
                // By column, this ledger's number of each row of the other's.
                var numbers: [String: [Int64: Int64]] = [:]
                for (table, condition) in LedgerStore.rowsOfARun {
                    let reference = LedgerStore.references[table]
                    let rows = try Row.fetchCursor(
                        source, sql: "SELECT * FROM \(table) WHERE \(condition)", arguments: [id])
                    while let row = try rows.next() {
                        let number = row.integer("id")
                        if let reference, let number, let digest = row.bytes("digest"),
                            let here = try Row.fetchOne(
                                target, sql: "SELECT id FROM \(table) WHERE digest = ?",
                                arguments: [Data(digest)])?.integer("id")
                        {
                            numbers[reference, default: [:]][number] = here
                            continue
                        }
                        var (columns, values): ([String], [DatabaseValue]) = ([], [])
                        for (column, value) in row where reference == nil || column != "id" {
                            columns.append(column)
                            let own = Int64.fromDatabaseValue(value).flatMap { numbers[column]?[$0] }
                            values.append(own?.databaseValue ?? value)
                        }
                        let places = repeatElement("?", count: values.count).joined(separator: ", ")
                        try target.cachedStatement(
                            sql: "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))"
                        ).execute(arguments: StatementArguments(values))
                        if let reference, let number {
                            numbers[reference, default: [:]][number] = target.lastInsertedRowID
                        }
                    }
                }
            }
        }
    }
}
