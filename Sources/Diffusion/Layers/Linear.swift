import Autodiff
import Tensors

/// `x·Wᵀ + b`.
public struct Linear: Sendable {
    let weight: Parameter
    let bias: Parameter?

    init(_ loader: ParameterLoader, _ name: String, _ input: Int, _ output: Int, hasBias: Bool = true) throws {
        weight = try loader.parameter("\(name).weight", [output, input], .uniform(fanIn: input))
        bias = hasBias ? try loader.parameter("\(name).bias", [output], .uniform(fanIn: input)) : nil
    }

    func callAsFunction(_ tape: Tape, _ x: Variable) -> Variable { tape.linear(x, weight, bias) }
}
