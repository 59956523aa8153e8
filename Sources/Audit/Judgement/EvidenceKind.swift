/// Evidence that a replay can be compared with.
package enum EvidenceKind: String, Sendable, CaseIterable {
    /// The records of a golden run.
    case goldenLog = "golden log"
    /// The records in the ledger.
    case ledger
    /// The outcome that a document states of the whole run.
    case chainHead = "chain head"
}
