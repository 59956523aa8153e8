import Core

/// The recorded result of an audit.
package struct AuditRecord: Sendable, Equatable {
    /// The run that was audited; it need not be in the ledger.
    package let run: String
    /// The verdict's word.
    package let verdict: String
    /// The whole report.
    package let report: JSONValue
    /// When, UTC, ISO 8601.
    package let at: String
}
