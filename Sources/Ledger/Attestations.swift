import Core

/// The signed statements on a run, `Manifests/<run>.intoto.jsonl`: one envelope a line, canonical JSON.
package struct Attestations: Sendable, Equatable {
    /// The path of the file.
    package let path: String
    /// The envelopes in the order of the lines.
    package private(set) var envelopes: [Envelope]

    /// The signers of a run.
    package struct Signers: Sendable, Equatable {
        /// Known keys whose signature holds.
        package var known: [VerifyingKey] = []
        /// Names of the keys that are not known, as the envelopes have them: nothing is proved by these.
        package var unknown: [String] = []

        /// Nobody.
        package init() {}
    }

    /// No statement yet.
    package init(path: String) { (self.path, envelopes) = (path, []) }

    /// Reads the file; nil when there is none. - Throws: `FileError`, `TamperError` for a line that is no envelope.
    package static func read(_ path: String) throws -> Attestations? {
        guard FileContents.exists(path) else { return nil }
        var result = Attestations(path: path)
        let lines = try FileContents.read(path).split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !(line.isEmpty && index == lines.count - 1) {
            do {
                let json = try JSONValue.parse(Array(line), file: path)
                result.envelopes.append(try Envelope(json: JSONCursor(json, name: "envelope", file: path)))
            } catch {
                throw TamperError(
                    file: path, run: nil, step: nil, field: "line \(index + 1)", expected: "a DSSE envelope",
                    found: "\(error)")
            }
        }
        return result
    }

    /// Adds a statement, in place of an earlier one by the same key. - Throws: `FileError`.
    package mutating func add(_ envelope: Envelope) throws {
        let keys = Set(envelope.signatures.map(\.keyID))
        envelopes.removeAll { old in
            old.payloadType == envelope.payloadType && Set(old.signatures.map(\.keyID)) == keys
        }
        envelopes.append(envelope)
        try AtomicFile.write(to: path) { file in
            for envelope in envelopes { try file.append(envelope.json.canonicalBytes + [0x0A]) }
        }
    }

    /// Holds every statement against the manifest, and the signatures against the keys that are known.
    /// - Throws: `TamperError` when a statement is not the one that this manifest gives, or the signature of a known
    ///   key does not hold.
    package func check(_ manifest: Manifest, keys: [VerifyingKey]) throws -> Signers {
        var signers = Signers()
        let expected = RunStatement.json(manifest)
        for (index, envelope) in envelopes.enumerated() {
            func require(_ holds: Bool, _ what: String, _ expected: String, _ found: String) throws {
                guard !holds else { return }
                throw TamperError(
                    file: path, run: manifest.run, step: nil, field: "line \(index + 1), \(what)", expected: expected,
                    found: found)
            }
            try require(
                envelope.payloadType == Envelope.statementType, "payloadType", Envelope.statementType,
                envelope.payloadType)
            try require(
                expected.map { $0.canonicalBytes == envelope.payload } ?? false, "the signed statement",
                "that on the manifest of digest \(manifest.digest)", Attestations.subject(of: envelope))
            let known = envelope.signers(among: keys)
            for signature in envelope.signatures where !known.contains(where: { $0.id.hex == signature.keyID }) {
                // A known key that is named but has not signed: the signature, or the statement, was changed.
                try require(
                    !keys.contains { $0.id.hex == signature.keyID }, "signature",
                    "one by the key \(signature.keyID)", "one that does not hold")
            }
            signers.known += known.filter { !signers.known.contains($0) }
            if known.isEmpty { signers.unknown += envelope.signatures.map(\.keyID) }
        }
        return signers
    }

    /// The subject of a statement that is not ours, for a message.
    private static func subject(of envelope: Envelope) -> String {
        guard let json = try? JSONValue.parse(envelope.payload, file: ""),
            let digest = try? JSONCursor(json, name: "statement")["predicate"]["manifest_digest"].string()
        else { return "a statement of another kind" }
        return "one on a manifest of digest \(digest), or another statement"
    }
}
