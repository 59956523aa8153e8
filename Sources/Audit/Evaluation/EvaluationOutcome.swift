import Pages

/// What comes of making an evaluation again by its report.
package enum EvaluationOutcome: String, Sendable, CaseIterable {
    /// Prompts, models and reward models are the report's, and so is every picture, score and figure.
    case reproduced
    /// A picture, a score or a figure is another.
    case diverged
    /// The report's digest is not that of what it says.
    case tampered
    /// Prompts, models, reward models or how they were asked are others than the report states: nothing was drawn.
    case incomparable

    /// What it means for exit codes and presenters.
    package var status: Status {
        switch self {
        case .reproduced: .passed
        case .diverged: .differs
        case .tampered: .tampered
        case .incomparable: .open
        }
    }
}
