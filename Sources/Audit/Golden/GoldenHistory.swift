import Core
import Ledger

/// The acceptances of a golden run: `Golden/RUN/history.jsonl`, the canonical JSON of an `Acceptance` a line,
/// oldest first.
package struct GoldenHistory: Sendable, Equatable {
    /// The path of the file.
    package let path: String
    /// The run.
    package let run: String
    /// The records, oldest first.
    package private(set) var records: [Acceptance] = []
    /// The digest of the bytes that were read; of none where there is no file.
    private var read = Digest.of(.file, [UInt8]())

    /// Reads the history of a golden run; empty where there is no file. - Throws: `FileError`, `LineEndError`,
    /// `TamperError` for a line that is no record, or does not follow the one before.
    package init(of run: String, in workspace: Workspace) throws {
        (path, self.run) = ("\(workspace.golden(run))/history.jsonl", run)
        guard FileContents.exists(path) else { return }
        let bytes = try FileContents.read(path)
        read = Digest.of(.file, bytes)
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !(line.isEmpty && index == lines.count - 1) {
            guard line.last != 0x0D else { throw LineEndError(file: path, line: index + 1) }
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

    /// Adds a record; the file stays as it is.
    package mutating func add(_ record: Acceptance) { records.append(record) }

    /// The bytes of a file with these records.
    package var bytes: [UInt8] { records.flatMap { $0.json.canonicalBytes + [0x0A] } }

    /// The mark of the manifest whose history this is.
    package var mark: GoldenMark { GoldenMark(acceptances: records.count, history: Digest.of(.file, bytes)) }

    /// Writes the file, at another path where that is given. - Throws: `FileError`.
    package func write(to other: String? = nil) throws { try AtomicFile.write(bytes, to: other ?? path) }

    /// Checks that the history is the one that the golden run's manifest was accepted with, to the byte, and that its
    /// last record is of the golden run as it is. A golden run without a mark, accepted before there were marks, may
    /// have no history. - Throws: `TamperError`, `JSONShapeError` for a mark of another form.
    package func check(_ log: GoldenLog) throws {
        if let mark = try log.manifest.goldenMark(file: "\(log.folder)/manifest.json") {
            guard mark.acceptances == records.count, mark.history == read else {
                let found = FileContents.exists(path) ? "one of \(records.count) with the digest \(read)" : "no file"
                throw tampered(
                    "the history", "a file of \(mark.acceptances) acceptances with the digest \(mark.history)", found)
            }
        }
        try requireEnd(log.outcome.chainHead)
    }

    /// Checks that the last record is of the golden run as it is. - Throws: `TamperError`.
    package func requireEnd(_ head: Digest) throws {
        guard let last = records.last?.newHead, last != head else { return }
        throw tampered("the last new_head", "the golden run's chain head, \(head)", last.hex)
    }

    private func tampered(_ field: String, _ expected: String, _ found: String) -> TamperError {
        TamperError(file: path, run: run, step: nil, field: field, expected: expected, found: found)
    }
}
