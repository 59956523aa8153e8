/// What a run trains: the first part of a step, which says what a batch's loss is and what its gradients are. The
/// optimiser, recording and auditing are the same for all tasks.
package enum TrainingTask {
    /// A diffusion model.
    case denoising(Denoising)
    /// A scorer.
    case scoring(Scoring)

    /// What is trained.
    package var trained: any TrainableModel {
        switch self {
        case .denoising(let denoising): denoising.model
        case .scoring(let scoring): scoring.model
        }
    }

    /// The gradients of a diffusion model; nil where something else is trained.
    package var denoising: Denoising? { if case .denoising(let denoising) = self { denoising } else { nil } }

    /// Adds the gradients of step `step` on `batch` to the parameters, which have none.
    /// - Throws: `TrainingError.nonFinite` when a number runs away, and what the observer throws.
    func compute(_ batch: TrainingBatch, step: Int, observer: (any StepObserver)?) throws -> BatchLosses {
        switch self {
        case .denoising(let denoising): try denoising.compute(batch, step: step, observer: observer)
        case .scoring(let scoring): try scoring.compute(batch, step: step, observer: observer)
        }
    }
}
