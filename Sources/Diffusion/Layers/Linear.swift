import Compute

/// `x·Wᵀ + b`, with what an adapter adds.
package struct Linear: Sendable {
    let weight: Parameter
    let bias: Parameter?
    let adapter: LowRankUpdate?

    init(_ loader: ParameterLoader, _ name: String, _ input: Int, _ output: Int, hasBias: Bool = true) throws {
        weight = try loader.parameter("\(name).weight", [output, input], .uniform(fanIn: input))
        bias = hasBias ? try loader.parameter("\(name).bias", [output], .uniform(fanIn: input)) : nil
        adapter = loader.adapter(of: name, weight: [output, input])
    }

    func callAsFunction(_ tape: Tape, _ x: Variable) -> Variable {
        let y = tape.linear(x, weight, bias)
        return adapter.map { $0(tape, x, addedTo: y) } ?? y
    }
}
