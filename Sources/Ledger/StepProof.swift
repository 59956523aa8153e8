import Core

/// One step's record with all that shows that it belongs to a run: the sibling hashes that lead from the step's digest
/// to the root over all steps, and the manifest that states this root. It needs neither the ledger nor the other steps.
///
/// The file is pretty JSON of `format` (1), `manifest`, `record` and `siblings` (from the leaf upwards). Where the leaf
/// stands, and in how large a tree, the record's step and the outcome's number of steps say.
package struct StepProof: Sendable, Equatable {
    /// The version of the file format that this code reads and writes.
    package static let format: Int64 = 1

    /// The manifest of the finished run.
    package let manifest: Manifest
    /// The outcome that the run states.
    package let outcome: ManifestOutcome
    /// The step's record.
    package let record: StepRecord
    /// Sibling hashes, from the leaf upwards (RFC 6962, section 2.1.1).
    package let siblings: [Digest]

    /// The proof for step `step` (from 1) of a run of these step records' digests; nil when there is no such step or
    /// the manifest has no outcome.
    package init?(manifest: Manifest, steps: [Digest], record: StepRecord) {
        guard let outcome = manifest.outcome, let path = MerkleProof(leaves: steps, index: record.step - 1) else {
            return nil
        }
        (self.manifest, self.outcome, self.record, siblings) = (manifest, outcome, record, path.siblings)
    }

    /// The JSON form.
    package var json: JSONValue {
        [
            "format": .integer(StepProof.format), "manifest": manifest.json, "record": record.json,
            "siblings": .array(siblings.map { .digest($0) }),
        ]
    }

    /// Writes the file atomically. - Throws: `FileError`.
    package func write(to path: String) throws { try AtomicFile.write(json.pretty, to: path) }

    /// Reads a file and checks all that it claims.
    /// - Throws: `FileError`, `JSONSyntaxError`, and what `init(json:)` throws.
    package static func read(_ path: String) throws -> StepProof {
        try StepProof(json: JSONCursor(try JSONValue.read(path), name: "proof", file: path))
    }

    /// Takes a parsed document and checks all that it claims: the manifest's digest, and that the siblings lead from
    /// the record to the manifest's root over the steps.
    /// - Throws: `JSONShapeError`, `ManifestFormatError`, `TamperError`.
    package init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["format", "manifest", "record", "siblings"])
        let format = try cursor["format"].int64()
        guard format == StepProof.format else {
            throw try cursor["format"].error(expected: "format \(StepProof.format)", found: "\(format)")
        }
        manifest = try Manifest(json: cursor["manifest"])
        outcome = try ManifestOutcome(json: cursor["manifest"]["outcome"])
        record = try StepRecord(json: cursor["record"])
        siblings = try cursor["siblings"].elements().map { try $0.digest() }
        let path = MerkleProof(index: record.step - 1, count: outcome.steps, siblings: siblings)
        guard path.proves(record.digest, root: outcome.stepsRoot) else {
            throw TamperError(
                file: cursor.file, run: manifest.run, step: record.step, field: "siblings",
                expected: "hashes that lead from the record to outcome.steps_root \(outcome.stepsRoot)",
                found: "others")
        }
    }
}
