import Checkpoints
import Compute
import Core
import Ledger

/// What makes new weights of gradients. Its state is recorded with every step and kept in checkpoints.
package protocol Optimizer: AnyObject {
    /// Updates done so far.
    var updates: Int { get }
    /// The state's tensors under their names in checkpoints, in the parameters' order. The first update makes them: until
    /// then their memory is free for the backward pass.
    var stateTensors: [(name: String, tensor: Tensor)] { get }
    /// The state's numbers besides `updates`, under their keys in a checkpoint's metadata.
    var stateNumbers: [(key: String, value: Double)] { get }
    /// What the record of the last update holds besides the learning rate: entries of the phase `update`.
    var scalars: [TraceEntry] { get }
    /// One update of `parameters` (the order given at the start) by their gradients, with learning rate `lr`. Each
    /// gradient is let go as soon as it is used, so that the first update's state can take its place in memory. A
    /// parameter without a gradient stays as it is.
    func update(_ parameters: [Parameter], lr: Double, engine: Engine)
    /// Puts back a state saved earlier. `number` gives what was saved under a key, `tensor` what was saved under a name
    /// and must have a shape, as memory that nobody else looks at; both throw when there is none.
    func restore(
        updates: Int, number: (String) throws -> Double, tensor: (String, [Int]) throws -> Tensor
    ) throws
    /// An optimiser of parameter `index` alone, in a copy of its state, with settings changed as `change` says.
    func alone(_ index: Int, changing change: OptimizerChange?) -> any Optimizer
}

extension Optimizer {
    /// Root over the state's tensors in name order; nil where there are none.
    package func stateDigest(on engine: Engine) throws -> Digest? {
        let tensors = stateTensors
        return tensors.isEmpty ? nil : try weightsDigest(of: tensors, on: engine)
    }
}
