import Preferences
import Training

/// A reward model that is opened where a score is missing, and then once.
package final class EvaluationScorer {
    /// What is known of it.
    package let statement: EvaluationReward.Statement
    private let open: () throws -> any RewardModel
    private var opened: (any RewardModel)?

    /// `open` gives the model that `statement` is of.
    package init(_ statement: EvaluationReward.Statement, open: @escaping () throws -> any RewardModel) {
        (self.statement, self.open) = (statement, open)
    }

    /// The model. - Throws: what opening it throws; `TrainingError` where its files have changed since.
    func model() throws -> any RewardModel {
        if let opened { return opened }
        let model = try open()
        guard model.digest == statement.digest else {
            throw TrainingError.mismatch(
                what: statement.model, expected: "the model of digest \(statement.digest), as a moment ago",
                found: "\(model.digest)", hint: nil)
        }
        opened = model
        return model
    }
}
