import Digests
import Ledger

/// How a golden run came to be what it is: `Golden/RUN/history.jsonl`, the canonical JSON of an `Acceptance` a line,
/// oldest first.
public struct GoldenHistory: Sendable, Equatable {
    /// The path of the file.
    public let path: String
    /// The run.
    public let run: String
    /// The records, oldest first.
    public private(set) var records: [Acceptance] = []

    /// Reads the history of a golden run; empty where there is no file. - Throws: `FileError`, `TamperError` for a line
    /// that is no record, or does not follow the one before.
    public init(of run: String, in workspace: Workspace) throws {
        (path, self.run) = ("\(workspace.golden(run))/history.jsonl", run)
        guard FileContents.exists(path) else { return }
        let lines = try FileContents.read(path).split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !(line.isEmpty && index == lines.count - 1) {
            let record: Acceptance
            do {
                let json = try JSONValue.parse(Array(line), file: path)
                record = try Acceptance(json: JSONCursor(json, name: "acceptance", file: path))
            } catch {
                throw tampered("line \(index + 1)", "the record of an acceptance", "\(error)")
            }
            if let last = records.last?.newHead, let old = record.oldHead, last != old {
                throw tampered("line \(index + 1), old_head", last.hex, old.hex)
            }
            records.append(record)
        }
    }

    /// Adds a record and writes the file. - Throws: `FileError`.
    public mutating func add(_ record: Acceptance) throws {
        records.append(record)
        try AtomicFile.write(to: path) { file in
            for record in records { try file.append(record.json.canonicalBytes + [0x0A]) }
        }
    }

    /// Checks that the last record is of the golden run as it is. - Throws: `TamperError`.
    public func requireEnd(_ head: Digest) throws {
        guard let last = records.last?.newHead, last != head else { return }
        throw tampered("the last new_head", "the golden run's chain head, \(head)", last.hex)
    }

    private func tampered(_ field: String, _ expected: String, _ found: String) -> TamperError {
        TamperError(file: path, run: run, step: nil, field: field, expected: expected, found: found)
    }
}
