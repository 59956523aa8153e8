import Compute

/// What the optimiser changes: named parameters, and what computes with them.
package protocol TrainableModel: AnyObject {
    /// What computes.
    var engine: Engine { get }
    /// All trained parameters under the names that records and checkpoints give them.
    var parameters: [(name: String, parameter: Parameter)] { get }
    /// All weights that a step computes with, trained or not, and of several networks, under the policy's names: what
    /// operators are called by.
    var weights: [(name: String, parameter: Parameter)] { get }
}

/// The first part of a step: what a batch's loss is and what its gradients are. `Denoising` trains diffusion models,
/// `Scoring` trains scorers; the optimiser, recording and auditing are the same for both.
package protocol StepGradients: AnyObject {
    /// What is trained.
    var trained: any TrainableModel { get }
    /// Adds the gradients of step `step` on `batch` to the parameters, which have none.
    /// - Throws: `TrainingError.nonFinite` when a number runs away, and what the observer throws.
    func compute(_ batch: TrainingBatch, step: Int, observer: (any StepObserver)?) throws -> BatchLosses
}
