/// The verdicts that an audit within a band would have given on each standard tampering of one step.
package struct DetectionPower: Sendable {
    /// The verdict on one tampering.
    package struct Finding: Sendable, Equatable {
        /// The change.
        package let tampering: Tampering
        /// Whether the audit would have said `diverged`.
        package let isCaught: Bool
        /// The comparison that catches it, or its distance within the band.
        package let detail: String
    }

    /// The step that was changed.
    package let step: Int
    /// All tamperings in their order.
    package let findings: [Finding]
}
