import Compute
import Core
import Ledger

/// The part of a recorded run that falls to a rank without the record: the same steps, exchange by exchange, as the first
/// rank's `RunRecording`.
package struct FollowingRank {
    /// What is run.
    package let session: TrainingSession

    /// The part of `session`, whose ranks are not alone, and of which this is not the first.
    package init(_ session: TrainingSession) {
        precondition(!session.trainer.ranks.isAlone && !session.trainer.ranks.isFirst)
        self.session = session
    }

    /// Does it, to the end or until any rank is to stop, which `shouldStop` is asked after each step.
    /// - Returns: whether all steps are done.
    /// - Throws: `RankError`, `TrainingError`.
    package func run(shouldStop: () -> Bool) throws -> Bool {
        let (trainer, recipe) = (session.trainer, session.recipe)
        let ranks = trainer.ranks
        guard try ranks.awaitBeginning(trainer) != .finished else { return true }
        let builder = TraceBuilder(keeps: RunRecording.kept(of: recipe), engine: trainer.model.engine)
        while trainer.steps < recipe.training.steps {
            _ = try session.step(observer: builder)
            _ = try ranks.gathered(try builder.seen(trainer))
            builder.clearKept()
            let isLast = trainer.steps == recipe.training.steps
            let isKept = isLast || recipe.record.keepsCheckpoint(after: trainer.steps)
            if isKept { try ranks.giveState(trainer) }
            if isLast { break }
            if try ranks.any(shouldStop()) {
                if !isKept { try ranks.giveState(trainer) }
                return false
            }
        }
        return true
    }
}
