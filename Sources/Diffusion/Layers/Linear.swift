import Compute

/// `x·Wᵀ + b`, with what an adapter adds.
package struct Linear: Sendable {
    let weight: Parameter
    let bias: Parameter?
    let adapter: LowRankUpdate?

    /// - Parameter formerly: what older files call the layer.
    init(
        _ loader: ParameterLoader, _ name: String, _ input: Int, _ output: Int, hasBias: Bool = true,
        formerly old: String? = nil
    ) throws {
        func parameter(_ part: String, _ shape: [Int]) throws -> Parameter {
            try loader.parameter(
                "\(name).\(part)", shape, .uniform(fanIn: input), formerly: old.map { "\($0).\(part)" })
        }
        weight = try parameter("weight", [output, input])
        bias = hasBias ? try parameter("bias", [output]) : nil
        adapter = loader.adapter(of: name, weight: [output, input])
    }

    func callAsFunction(_ tape: Tape, _ x: Variable) -> Variable {
        let y = tape.linear(x, weight, bias)
        return adapter.map { $0(tape, x, addedTo: y) } ?? y
    }

    /// The result without a tape; the layer has no adapter.
    func apply(_ engine: Engine, _ x: Tensor) -> Tensor {
        precondition(adapter == nil)
        return engine.linear(x, weight: weight.value, bias: bias?.value)
    }
}
