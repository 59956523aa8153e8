import Core
import Foundation
import GRDB

/// The steps of opening a ledger, each with an error of its own.
enum LedgerOpening {
    /// - Throws: `LedgerError.onNetwork` where the ledger would be written on a network file system.
    static func requireLocal(_ path: String, _ options: LedgerOptions) throws {
        if let kind = options.networkFileSystem(path) { throw LedgerError.onNetwork(path: path, kind: kind) }
    }

    /// Where a link leads; a path that is none as it is.
    static func target(of path: String) -> String {
        var path = path
        // A circle of links is left to whoever opens it.
        for _ in 0..<16 {
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { break }
            path = target.hasPrefix("/") ? target : "\(AtomicFile.folder(of: path))/\(target)"
        }
        return path
    }

    /// Runs `body` while no other process opens the ledger for writing: SQLite lets the switch to a write-ahead log and
    /// the making of tables fail where two come at once. The lock is on `<ledger>.lock`, a file that stays.
    static func oneAtATime<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        try FileContents.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        let lock: FileLock
        do { lock = try FileLock(path + ".lock") } catch let error as FileError where error.operation == "open" {
            // A folder that takes no lock takes no ledger; `body` says why.
            return try body()
        }
        return try withExtendedLifetime(lock) { try body() }
    }

    /// Looks at an existing file without touching it, and makes the folder of a new one.
    static func prepareFile(_ path: String, _ options: LedgerOptions) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileContents.makeFolder(folder)
        guard let size = FileContents.size(path) else {
            guard access(folder, W_OK) == 0 else { throw LedgerError.readOnly(path: path) }
            return
        }
        guard access(path, W_OK) == 0, access(folder, W_OK) == 0 else { throw LedgerError.readOnly(path: path) }
        if size > 0 { try inspect(try readOnlyQueue(path, options), path: path, readOnly: false) }
    }

    /// Refuses files that are no ledger, and ledgers of a later version.
    static func inspect(_ queue: DatabaseQueue, path: String, readOnly: Bool) throws {
        try LedgerError.naming(path) {
            try queue.read { db in
                let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
                let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
                if application == LedgerSchema.applicationID {
                    guard version <= LedgerSchema.version else {
                        throw LedgerError.newerSchema(path: path, found: version, supported: LedgerSchema.version)
                    }
                    guard version >= LedgerSchema.oldest else {
                        throw LedgerError.olderSchema(path: path, found: version, supported: LedgerSchema.oldest)
                    }
                } else if tables > 0 {
                    throw LedgerError.notALedger(path: path, detail: "a database of another program")
                } else if readOnly {
                    throw LedgerError.notALedger(path: path, detail: "an empty database")
                }
            }
        }
    }

    /// A connection that can change data.
    static func writableQueue(_ path: String, _ options: LedgerOptions) throws -> DatabaseQueue {
        var configuration = base(options)
        configuration.journalMode = .wal
        let queue = try LedgerError.naming(path) { try DatabaseQueue(path: path, configuration: configuration) }
        try LedgerError.naming(path) {
            try queue.inDatabase { db in
                // After GRDB has set up the journal, since that sets `synchronous` too.
                try db.execute(sql: "PRAGMA synchronous = \(options.durability == .full ? "FULL" : "NORMAL")")
                if let bytes = options.maximumBytes {
                    let page = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
                    _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(max(1, bytes / page))")
                }
            }
        }
        return queue
    }

    /// A connection that cannot change data.
    static func readOnlyQueue(_ path: String, _ options: LedgerOptions) throws -> DatabaseQueue {
        var configuration = base(options)
        configuration.readonly = true
        return try LedgerError.naming(path) {
            do {
                return try DatabaseQueue(path: path, configuration: configuration)
            } catch let error as DatabaseError
                where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode) && !hasLog(path)
            {
                // In a folder that cannot be written SQLite cannot make the index of the log; without a log the file
                // alone is the whole database.
                let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
                return try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
            }
        }
    }

    private static func base(_ options: LedgerOptions) -> Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(options.busySeconds)
        configuration.label = "ledger"
        return configuration
    }

    private static func hasLog(_ path: String) -> Bool { (FileContents.size(target(of: path) + "-wal") ?? 0) > 0 }
}
