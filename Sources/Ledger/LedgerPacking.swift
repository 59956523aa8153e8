import Core
import GRDB

extension LedgerStore {
    /// Writes `run`, and nothing else, into a new ledger of one file that never changes: without a write-ahead log, so that it is
    /// read on any file system, also where nothing can be written.
    /// - Throws: `LedgerError`, `FileError`.
    package func pack(_ run: String, to path: String) throws {
        let draft = path + ".draft"
        defer { try? FileContents.remove(["", "-wal", "-shm", ".lock"].map { draft + $0 }) }
        try copy(to: draft, keeping: run)
        try LedgerStore(path: draft).vacuum(into: path)
    }
}
