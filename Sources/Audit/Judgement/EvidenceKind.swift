/// What a replay can be held against.
package enum EvidenceKind: String, Sendable, CaseIterable {
    /// The records of a golden run.
    case goldenLog = "golden log"
    /// The records in the ledger.
    case ledger
    /// What a document says the whole run came to.
    case chainHead = "chain head"
}
