import Digests

/// What the ledger knows of a run at a glance.
public struct RunSummary: Sendable, Equatable {
    /// Where a run stands.
    public enum State: String, Sendable {
        /// Steps are being recorded; or were, when the process died and nobody holds the run's lock.
        case running
        /// Stopped in good order before its end; can be resumed.
        case interrupted
        /// Complete.
        case finished
    }

    /// The name.
    public let name: String
    /// The name of its recipe, or an empty text.
    public let recipe: String
    /// Where it stands.
    public let state: State
    /// The number of recorded steps.
    public let steps: Int
    /// The number of steps of the whole run, where its recipe says one.
    public let plannedSteps: Int?
    /// The head after the last recorded step, as recorded; `nil` before the first one.
    public let head: Digest?
    /// When recording began, UTC, ISO 8601.
    public let startedAt: String
    /// When it ended; `nil` while running.
    public let endedAt: String?
}
