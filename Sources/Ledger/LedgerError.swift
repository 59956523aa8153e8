import GRDB

/// A fault of a ledger other than evidence that does not hold (`TamperError`).
package enum LedgerError: Error, Equatable, CustomStringConvertible {
    /// There is no file at the path, and none is to be made.
    case missing(path: String)
    /// The file is no SQLite database, or one of another program.
    case notALedger(path: String, detail: String)
    /// The file was made by a later version of the program.
    case newerSchema(path: String, found: Int, supported: Int)
    /// The file was made by an earlier version of the program, whose records had another form.
    case olderSchema(path: String, found: Int, supported: Int)
    /// The ledger may be read but not written.
    case readOnly(path: String)
    /// The ledger would be written on a network file system.
    case onNetwork(path: String, kind: String)
    /// Another process has been writing for longer than a transaction takes.
    case busy(path: String)
    /// The run is being recorded by somebody else.
    case recordedElsewhere(run: String, holder: String)
    /// The disk is full, or the ledger has reached its permitted size.
    case diskFull(path: String)
    /// SQLite finds the file's structure damaged.
    case corrupt(path: String, detail: String)
    /// There is no run of this name; `known` holds those there are.
    case unknownRun(name: String, known: [String])
    /// A run of this name exists already, or the name is none that a run may have.
    case nameNotUsable(name: String, reason: String)
    /// A step record does not follow the last recorded step.
    case doesNotExtend(run: String, expected: Int, found: Int)
    /// The run is finished and takes no more steps.
    case finished(run: String)
    /// Anything else that SQLite says.
    case database(path: String, detail: String)

    /// The fault, with the path and a hint where there is one.
    package var description: String {
        switch self {
        case .missing(let path): "\(path): there is no ledger"
        case .notALedger(let path, let detail): "\(path): not a ledger: \(detail)"
        case .newerSchema(let path, let found, let supported):
            "\(path): schema version \(found); this program knows versions up to \(supported): use a newer one"
        case .olderSchema(let path, let found, let supported):
            "\(path): schema version \(found); this program reads versions from \(supported) on: keep the file for the program "
                + "that made it, and move it away to begin a new one"
        case .readOnly(let path): "\(path): the ledger is read-only"
        case .onNetwork(let path, let kind):
            "\(path): lies on \(kind), where SQLite's log cannot be shared and the ledger could be damaged: record in a folder "
                + "on a local disk, and hand the run on by `smpo runs pack RUN DIR`, which any file system may hold; or let the ledger be a "
                + "link to a file on a local disk, which may not be there yet"
        case .busy(let path):
            "\(path): the ledger is locked: another process has been writing to it for seconds; try again when it is done"
        case .recordedElsewhere(let run, let holder): "\(run): the run is being recorded by \(holder)"
        case .diskFull(let path): "\(path): the disk is full; the ledger holds all steps before this one"
        case .corrupt(let path, let detail): "\(path): the database is damaged: \(detail)"
        case .unknownRun(let name, let known):
            "there is no run \"\(name)\" in the ledger; it holds \(known.isEmpty ? "none" : known.joined(separator: ", "))"
        case .nameNotUsable(let name, let reason): "a run cannot be named \"\(name)\": \(reason)"
        case .doesNotExtend(let run, let expected, let found):
            "\(run): the next step is \(expected), not \(found)"
        case .finished(let run): "\(run): the run is finished and takes no more steps"
        case .database(let path, let detail): "\(path): \(detail)"
        }
    }

    /// Runs `body` and gives SQLite's errors their names.
    static func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw LedgerError(error, path: path)
        }
    }

    private init(_ error: DatabaseError, path: String) {
        let detail = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        self =
            switch error.resultCode {
            case .SQLITE_NOTADB: .notALedger(path: path, detail: detail)
            case .SQLITE_READONLY: .readOnly(path: path)
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy(path: path)
            case .SQLITE_FULL: .diskFull(path: path)
            case .SQLITE_CORRUPT: .corrupt(path: path, detail: detail)
            default: .database(path: path, detail: detail)
            }
    }
}
