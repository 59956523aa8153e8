import Core
import GRDB

/// A step as the ledger or a golden log holds it.
package struct StoredStep: Sendable, Equatable {
    /// The step's record.
    package let record: StepRecord
    /// The stored digest of the record.
    package let digest: Digest
    /// The stored head of the chain after the step.
    package let head: Digest

    /// A step with its digest and the head after it.
    package init(record: StepRecord, digest: Digest, head: Digest) {
        self.record = record
        self.digest = digest
        self.head = head
    }
}

extension StoredStep {
    /// A line of a golden log. The member `step` repeats the record's own number, for people and for `grep`.
    package var json: JSONValue {
        [
            "digest": .digest(digest), "head": .digest(head), "record": record.json, "step": .integer(record.step),
        ]
    }

    /// Reads a line of a golden log, not verified. - Throws: `JSONShapeError`.
    init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["digest", "head", "record", "step"])
        record = try StepRecord(json: cursor["record"])
        digest = try cursor["digest"].digest()
        head = try cursor["head"].digest()
    }
}

extension StoredStep {
    /// Reads a row with the columns `step`, `record` (as blob), `digest`, `head`, not verified. - Throws: `TamperError`.
    init(_ row: Row, file: String, run: String) throws {
        let number = row.integer("step").map { Int($0) }
        func tampered(_ column: String, _ expected: String, _ found: String) -> TamperError {
            TamperError(
                file: file, run: run, step: number, field: "steps.\(column)", expected: expected, found: found)
        }
        guard let digest = row.digest("digest") else { throw tampered("digest", "32 bytes", row.shown("digest")) }
        guard let head = row.digest("head") else { throw tampered("head", "32 bytes", row.shown("head")) }
        do {
            let json = try JSONValue.parse(row.bytes("record") ?? [], file: file)
            self.init(
                record: try StepRecord(json: JSONCursor(json, name: "record", file: file)), digest: digest, head: head)
        } catch {
            throw tampered("record", "a step record", "\(error)")
        }
    }
}
