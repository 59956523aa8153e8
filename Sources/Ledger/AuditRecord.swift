import Digests

/// The recorded result of an audit.
public struct AuditRecord: Sendable, Equatable {
    /// The run that was audited; it need not be in the ledger.
    public let run: String
    /// The verdict's word.
    public let verdict: String
    /// The whole report.
    public let report: JSONValue
    /// When, UTC, ISO 8601.
    public let at: String
}
