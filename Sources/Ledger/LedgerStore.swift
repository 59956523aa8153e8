import Core
import GRDB

/// The ledger: runs, their steps and what belongs to them, in one SQLite file (`.smpo/ledger.sqlite`).
///
/// Any number of processes may read and record at once, each run by one of them (`RunRecorder` holds the right to).
/// Every change is one transaction, so whatever stops the program leaves whole steps behind.
package final class LedgerStore: Sendable {
    /// The path of the database.
    package let path: String
    /// Whether this store refuses to write.
    package let isReadOnly: Bool
    private let queue: DatabaseQueue

    /// Opens a ledger, making it (and its folder) where there is none.
    ///
    /// - Parameters:
    ///   - path: the database file, or a link to it, which may lead to a place where nothing is yet.
    ///   - readOnly: open an existing ledger without ever writing.
    ///   - options: durability, patience, size limit.
    /// - Throws: `LedgerError` (not a database, of another program, of a newer version, read-only, on a network, in use, full disk),
    ///   `FileError` when the folder cannot be made.
    package init(path: String, readOnly: Bool = false, options: LedgerOptions = LedgerOptions()) throws {
        // One whose ledger is a link has its log, which SQLite lays beside the file itself, where that lies.
        let path = readOnly ? path : LedgerOpening.target(of: path)
        self.path = path
        self.isReadOnly = readOnly
        if readOnly {
            guard FileContents.exists(path) else { throw LedgerError.missing(path: path) }
            queue = try LedgerOpening.readOnlyQueue(path, options)
            try LedgerOpening.inspect(queue, path: path, readOnly: true)
        } else {
            try LedgerOpening.requireLocal(path, options)
            queue = try LedgerOpening.oneAtATime(path) {
                try LedgerOpening.prepareFile(path, options)
                let queue = try LedgerOpening.writableQueue(path, options)
                try LedgerError.naming(path) { try LedgerSchema.migrator.migrate(queue) }
                return queue
            }
        }
    }

    /// Reads in one consistent view. - Throws: `LedgerError`, or what `body` throws.
    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try LedgerError.naming(path) { try queue.read(body) }
    }

    /// Writes in one transaction, undone whole when `body` throws. - Throws: `LedgerError`, or what `body` throws.
    func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        guard !isReadOnly else { throw LedgerError.readOnly(path: path) }
        return try LedgerError.naming(path) { try queue.write(body) }
    }

    /// Writes the whole database into a new file that has no log beside it: whoever reads it makes no file, and it can lie
    /// on any file system. - Throws: `LedgerError`.
    func vacuum(into file: String) throws {
        try LedgerError.naming(file) {
            try queue.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [file]) }
        }
    }

    /// Moves what stands in the write-ahead log into the database file, so that the file alone is complete.
    /// - Throws: `LedgerError`.
    package func checkpoint() throws {
        guard !isReadOnly else { throw LedgerError.readOnly(path: path) }
        try LedgerError.naming(path) {
            _ = try queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        }
    }
}
