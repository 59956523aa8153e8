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
