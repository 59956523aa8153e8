import Compute

/// A square 2-D convolution with bias, and what an adapter adds.
package struct Convolution2D: Sendable {
    let weight: Parameter
    let bias: Parameter
    let geometry: ConvolutionGeometry
    let adapter: LowRankUpdate?

    init(
        _ loader: ParameterLoader, _ name: String, _ input: Int, _ output: Int, kernel: Int,
        _ geometry: ConvolutionGeometry
    ) throws {
        let fanIn = input * kernel * kernel
        weight = try loader.parameter("\(name).weight", [output, input, kernel, kernel], .uniform(fanIn: fanIn))
        bias = try loader.parameter("\(name).bias", [output], .uniform(fanIn: fanIn))
        self.geometry = geometry
        adapter = loader.adapter(of: name, weight: [output, input, kernel, kernel], geometry)
    }

    func callAsFunction(_ tape: Tape, _ x: Variable) -> Variable {
        let y = tape.convolution(x, weight, bias, geometry)
        return adapter.map { $0(tape, x, addedTo: y) } ?? y
    }

    /// The result without a tape; the layer has no adapter.
    func apply(_ engine: Engine, _ x: Tensor) -> Tensor {
        precondition(adapter == nil)
        return engine.convolution(x, weight: weight.value, bias: bias.value, geometry)
    }
}
