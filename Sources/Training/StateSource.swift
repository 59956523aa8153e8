import Checkpoints
import Compute

/// Where the state after a step is read from.
protocol StateSource {
    /// Its name in messages.
    var path: String { get }
    /// The text under a key of the metadata; nil where there is none.
    func metadata(_ key: String) throws -> String?
    /// The tensor of a name, which must have this shape.
    func float32(named name: String, shape: [Int]?) throws -> Tensor
}

extension Checkpoint: StateSource {}
