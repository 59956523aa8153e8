/// Records operations in order and runs their backward passes in reverse. Each operation's forward and backward stand
/// side by side in `Operations/`.
///
/// A node's closure keeps only the tensors that its backward pass needs; node and gradient are dropped as soon as the
/// backward pass has gone by.
package final class Tape {
    /// What computes.
    package let engine: Engine
    /// Whether operations are recorded. If not, activations are dropped at once.
    package let isRecording: Bool
    /// Whether blocks keep only their inputs and are run again in the backward pass.
    package let recomputesBlocks: Bool

    /// Whether an operation has taken a trainable parameter, or an input that needs a gradient.
    private(set) var meetsTrainable = false

    private var nodes: [((Tensor) -> Void)?] = []
    private var gradients: [Tensor?] = []

    /// A tape on `engine`.
    package init(engine: Engine, isRecording: Bool = true, recomputesBlocks: Bool = false) {
        self.engine = engine
        self.isRecording = isRecording
        self.recomputesBlocks = recomputesBlocks
    }

    /// A tensor that needs no gradient.
    package func constant(_ value: Tensor) -> Variable { Variable(value: value, node: nil) }

    /// A tensor whose gradient can be asked for after the backward pass.
    package func leaf(_ value: Tensor) -> Variable {
        guard isRecording else { return constant(value) }
        nodes.append(nil)
        gradients.append(nil)
        return Variable(value: value, node: nodes.count - 1)
    }

    /// The gradient that has reached a leaf.
    package func gradient(of variable: Variable) -> Tensor? { variable.node.flatMap { gradients[$0] } }

    /// Adds an operation's result. `backward` receives the result's gradient and hands on the inputs' with `accumulate`.
    /// It must not own the tape, which owns it, and should capture an input's node alone where the value is not needed.
    func record(
        _ value: Tensor, from inputs: [Variable], parameters: [Parameter?] = [], _ backward: @escaping (Tensor) -> Void
    ) -> Variable {
        let isNeeded = inputs.contains(where: \.isDifferentiable) || parameters.contains { $0?.isTrainable ?? false }
        if isNeeded { meetsTrainable = true }
        guard isRecording, isNeeded else { return constant(value) }
        return recordAlways(value, backward)
    }

    /// As `record`, for a result whose parameters only its closure knows.
    func recordAlways(_ value: Tensor, _ backward: @escaping (Tensor) -> Void) -> Variable {
        nodes.append(backward)
        gradients.append(nil)
        return Variable(value: value, node: nodes.count - 1)
    }

    /// Adds `gradient` to what has reached `node` so far: earlier + new, in the order of the backward pass. Nothing is
    /// computed for a constant, which has no node.
    func accumulate(_ gradient: @autoclosure () -> Tensor, into node: Int?) {
        guard let node else { return }
        let new = gradient()
        gradients[node] = gradients[node].map { engine.add($0, new) } ?? new
    }

    /// Runs all backward passes that lie between `output` and the leaves, starting from `seed`, the gradient of the
    /// loss by `output`. A tape can be run back once.
    package func backward(from output: Variable, seed: Tensor) {
        guard let last = output.node else { return }
        precondition(seed.shape == output.shape, "seed \(seed.shape) for an output of \(output.shape)")
        accumulate(seed, into: output.node)
        for index in stride(from: last, through: 0, by: -1) {
            guard let node = nodes[index] else { continue }
            nodes[index] = nil
            guard let gradient = gradients[index] else { continue }
            gradients[index] = nil
            node(gradient)
        }
    }
}
