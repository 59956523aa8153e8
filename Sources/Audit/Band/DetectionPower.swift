/// What an audit within a band would have made of each standard tampering of one step.
package struct DetectionPower: Sendable {
    /// What would become of one tampering.
    package struct Finding: Sendable, Equatable {
        /// The change.
        package let tampering: Tampering
        /// Whether the audit would have said `diverged`.
        package let isCaught: Bool
        /// What catches it, or what it looks like from inside the band.
        package let detail: String
    }

    /// The step that was changed.
    package let step: Int
    /// All tamperings in their order.
    package let findings: [Finding]
}
