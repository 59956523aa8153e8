import Core
import GRDB

/// A step as the ledger holds it, not verified.
package struct StoredStep: Sendable, Equatable {
    /// The step's record.
    package let record: StepRecord
    /// The stored digest of the record.
    package let digest: Digest
    /// The stored head after the step.
    package let head: Digest
}

extension StoredStep {
    /// Reads a row with the columns `step`, `record` (as blob), `digest`, `head`.
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
