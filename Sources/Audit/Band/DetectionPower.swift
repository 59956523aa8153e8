/// What an audit within a band would have made of each standard tampering of one step.
public struct DetectionPower: Sendable {
    /// What would become of one tampering.
    public struct Finding: Sendable, Equatable {
        /// The change.
        public let tampering: Tampering
        /// Whether the audit would have said `diverged`.
        public let isCaught: Bool
        /// What catches it, or what it looks like from inside the band.
        public let detail: String
    }

    /// The step that was changed.
    public let step: Int
    /// All tamperings in their order.
    public let findings: [Finding]
}
