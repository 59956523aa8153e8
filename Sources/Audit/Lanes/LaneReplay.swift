import Comparison
import Compute
import Core
import Ledger
import Training

/// One lane of one step, computed again and held against what the step's record says of it: batch and timesteps, latents,
/// targets, predictions and losses of the lane's items, and the root over its gradients.
struct LaneReplay {
    /// The first difference.
    let divergence: Divergence?
    /// The entries that were compared, and the tensors that stand for some of them.
    let entries: Int, tensors: Int
    /// What of the lane the record does not state one by one.
    let unchecked: [String]

    /// Computes lane `lane`, from 0, of the step after those that `session` has done. The trainer stays after them.
    /// - Throws: what stands in the way; `TrainingError.nonFinite` when a number runs away.
    init(_ lane: Int, _ session: TrainingSession, of run: Run) throws {
        let step = session.trainer.steps + 1
        let builder = TraceBuilder(keeps: [], engine: session.trainer.model.engine)
        try session.trainer.task.compute(
            lane: lane, of: try session.batches.batch(step), step: step, observer: builder)
        let found = try builder.begunWithPaths(step: step)
        let parts = try run.traces(of: step).map { try RecordedPart(of: $0, like: found, whole: [.batch]) }
        divergence = parts.lazy.compactMap(\.divergence).first
        // What one document does not state another may.
        let fullest = parts.min { $0.missing.count < $1.missing.count }
        (entries, tensors) = fullest?.counts ?? (0, 0)
        let missing = fullest?.missing.map(\.rawValue) ?? []
        unchecked =
            missing.isEmpty
            ? [] : ["\(missing.joined(separator: ", ")): the record keeps no digests of single tensors there"]
    }
}
