import Core

/// A run at a glance, from the ledger's rows.
package struct RunSummary: Sendable, Equatable {
    /// The state of a run.
    package enum State: String, Sendable {
        /// Steps are being recorded; or were, when the process died and nobody holds the run's lock.
        case running
        /// Stopped in good order before its end; can be resumed.
        case interrupted
        /// Complete.
        case finished
    }

    /// The name.
    package let name: String
    /// The name of its recipe, or an empty text.
    package let recipe: String
    /// The run's state.
    package let state: State
    /// The number of recorded steps.
    package let steps: Int
    /// The number of steps of the whole run, where its recipe says one.
    package let plannedSteps: Int?
    /// The head after the last recorded step, as recorded; `nil` before the first one.
    package let head: Digest?
    /// When recording began, UTC, ISO 8601.
    package let startedAt: String
    /// When it ended; `nil` while running.
    package let endedAt: String?
}
