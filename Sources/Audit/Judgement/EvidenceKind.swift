import Core

/// Evidence that a replay can be compared with.
package enum EvidenceKind: String, Sendable, CaseIterable {
    /// The records of a golden run.
    case goldenLog = "golden log"
    /// The records in the ledger.
    case ledger
    /// The outcome that a document states of the whole run.
    case chainHead = "chain head"
}

extension EvidenceKind {
    /// Reads a kind's words. - Throws: `JSONShapeError` for any other.
    init(json cursor: JSONCursor) throws {
        let word = try cursor.string()
        guard let kind = EvidenceKind(rawValue: word) else {
            throw cursor.error(expected: "one of \(EvidenceKind.allCases.map(\.rawValue))", found: word)
        }
        self = kind
    }
}
