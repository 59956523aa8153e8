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

    /// Who computes which lanes, and updates which parameters.
    package var ranks: TrainingRanks {
        switch self {
        case .denoising(let denoising): denoising.ranks
        case .scoring(let scoring): scoring.ranks
        }
    }

    /// Computes lane `lane`, from 0, of step `step` on `batch`, and shows it to the observer; the parameters, which have no
    /// gradients, have none after it.
    /// - Throws: as `compute(_:step:observer:)`.
    package func compute(lane: Int, of batch: TrainingBatch, step: Int, observer: (any StepObserver)?) throws {
        let run = lane..<lane + 1
        switch self {
        case .denoising(let denoising):
            let sums = LaneSums(denoising.lanes, denoising.model)
            _ = try denoising.compute(run, sums, batch, step: step, observer)
        case .scoring(let scoring):
            _ = try scoring.compute(run, LaneSums(scoring.lanes, scoring.model), batch, step: step, observer)
        }
    }

    /// Adds the gradients of step `step` on `batch` to the parameters, which have none.
    /// - Throws: `TrainingError.nonFinite` when a number runs away, and what the observer throws.
    func compute(_ batch: TrainingBatch, step: Int, observer: (any StepObserver)?) throws -> BatchLosses {
        switch self {
        case .denoising(let denoising): try denoising.compute(batch, step: step, observer: observer)
        case .scoring(let scoring): try scoring.compute(batch, step: step, observer: observer)
        }
    }
}
