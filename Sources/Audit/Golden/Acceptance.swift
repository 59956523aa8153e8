import Core

/// The record that a golden run was accepted: a line of `Golden/RUN/history.jsonl`.
package struct Acceptance: Sendable, Equatable {
    /// The day, UTC, as `2026-11-28`.
    package let date: String
    /// The reason; nil only for a run that took no other's place.
    package let reason: String?
    /// The chain head before and after; nil before the first, and where the one before could not be read.
    package let oldHead: Digest?, newHead: Digest
    /// The kind of change, and the first difference in a sentence; nil where nothing could be compared.
    package let kind: String?, difference: String?
    /// Signatures of the statement that this record makes.
    package private(set) var signatures: [JSONValue] = []

    /// A record without signatures.
    package init(
        date: String, reason: String?, oldHead: Digest?, newHead: Digest, kind: String?, difference: String?
    ) {
        self.date = date
        self.reason = reason
        self.oldHead = oldHead
        self.newHead = newHead
        self.kind = kind
        self.difference = difference
    }

    /// The predicate's type of the statement.
    package static let predicateType = "urn:smpo:acceptance:1"

    /// The in-toto statement (v1) that is signed: that this chain head of `run` was accepted, with all the record says.
    package func statement(run: String) -> JSONValue {
        [
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [
                ["name": .string("chain head of \(run)"), "digest": ["sha256": .digest(newHead)]]
            ],
            "predicateType": .string(Acceptance.predicateType),
            "predicate": .object(body),
        ]
    }

    /// Signs the record as one of `run`, in a DSSE envelope whose payload is the statement; the signatures are kept.
    package mutating func sign(run: String, by key: SigningKey) throws {
        let envelope = Envelope(statement(run: run).canonicalBytes, by: [key]).json
        signatures = try JSONCursor(envelope, name: "envelope")["signatures"].array()
    }

    /// The known keys that have signed the record as one of `run`. - Throws: `JSONShapeError` for what is no signature.
    package func signers(run: String, among keys: [VerifyingKey], file: String) throws -> [VerifyingKey] {
        guard !signatures.isEmpty else { return [] }
        let payload = Envelope(statement(run: run).canonicalBytes, by: []).json
        guard case .object(var object) = payload else { return [] }
        object["signatures"] = .array(signatures)
        return try Envelope(json: JSONCursor(.object(object), name: "acceptance", file: file)).signers(among: keys)
    }

    private var body: JSONObject {
        var object: JSONObject = ["date": .string(date), "new_head": .digest(newHead)]
        object["reason"] = reason.map { .string($0) }
        object["old_head"] = oldHead.map { .digest($0) }
        object["kind"] = kind.map { .string($0) }
        object["first_difference"] = difference.map { .string($0) }
        return object
    }

    /// The JSON form.
    package var json: JSONValue {
        var object = body
        object["signatures"] = signatures.isEmpty ? nil : .array(signatures)
        return .object(object)
    }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["date", "first_difference", "kind", "new_head", "old_head", "reason", "signatures"])
        self.init(
            date: try cursor["date"].string(), reason: try cursor["reason"].present?.string(),
            oldHead: try cursor["old_head"].present?.digest(), newHead: try cursor["new_head"].digest(),
            kind: try cursor["kind"].present?.string(), difference: try cursor["first_difference"].present?.string())
        signatures = try cursor["signatures"].present?.array() ?? []
    }
}
