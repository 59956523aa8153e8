import Compute

/// Where a session finds the scores of a recipe's reward model, and what it does where they are not there.
package struct RewardScoresUse {
    /// What is done: as with latents.
    package var mode: LatentSetUse.Mode
    /// The folder below which scores are kept.
    package var folder: String
    /// What computes; nil where none are to be made.
    package var engine: Engine?
    /// Told of the pairs that are done, and of all; may throw to stop.
    package var progress: (_ done: Int, _ total: Int) throws -> Void

    /// By default scores are read below `.smpo/scores`, and not made.
    package init(
        _ mode: LatentSetUse.Mode = .read, folder: String = ".smpo/scores", engine: Engine? = nil,
        progress: @escaping (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) {
        precondition(mode == .read || engine != nil)
        (self.mode, self.folder, self.engine, self.progress) = (mode, folder, engine, progress)
    }
}
