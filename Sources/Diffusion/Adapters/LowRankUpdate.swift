import Checkpoints
import Compute

/// What a low-rank adapter adds to one layer: (α / rank) · B·(A·x) (LoRA, Hu et al. 2021, eq. 3).
///
/// Of a linear layer A is [rank, in] and B [out, rank]. Of a convolution A is one of the same kernel and geometry,
/// [rank, in, k, k], and B one of 1×1, [out, rank, 1, 1], as in PEFT. There is no bias and no dropout.
package struct LowRankUpdate: Sendable {
    /// The layer's name in the diffusers checkpoint.
    package let module: String
    /// A, named `MODULE.lora_A.weight`.
    package let down: Parameter
    /// B, named `MODULE.lora_B.weight`.
    package let up: Parameter
    /// α / rank.
    package let scale: Double
    private let geometry: ConvolutionGeometry?

    /// What the matrices of a layer with a `weight` of this shape ask for. A is drawn as PEFT draws it, Kaiming-uniform
    /// with a = √5, which is uniform in ±1/√fan-in; B is zero, so that the network begins as it is without. `number` is
    /// the layer's place among all that could be adapted: its A does not depend on which others are.
    static func requests(
        _ module: String, weight: [Int], number: Int, rank: Int
    ) -> (down: ParameterRequest, up: ParameterRequest) {
        let window = weight.dropFirst()
        return (
            ParameterRequest(
                name: module + ".lora_A.weight", shape: [rank] + window, fill: .uniform(fanIn: window.reduce(1, *)),
                number: number),
            ParameterRequest(
                name: module + ".lora_B.weight", shape: [weight[0], rank] + window.dropFirst().map { _ in 1 },
                fill: .constant(0), number: number)
        )
    }

    /// An update with these matrices; `geometry` is that of a convolution, nil for a linear layer.
    init(_ module: String, down: Parameter, up: Parameter, scale: Double, geometry: ConvolutionGeometry?) {
        self.module = module
        self.down = down
        self.up = up
        self.scale = scale
        self.geometry = geometry
    }

    /// Adds the update of `x` to the layer's own result. The scale is applied between A and B, where the fewest numbers
    /// are; it is left out where it is 1, which changes no bit.
    func callAsFunction(_ tape: Tape, _ x: Variable, addedTo y: Variable) -> Variable {
        var inner = geometry.map { tape.convolution(x, down, nil, $0) } ?? tape.linear(x, down, nil)
        if scale != 1 { inner = tape.scale(inner, by: Float(scale)) }
        let outer =
            geometry == nil ? tape.linear(inner, up, nil) : tape.convolution(inner, up, nil, ConvolutionGeometry())
        return tape.add(y, outer)
    }

    /// The layer's weight with the adapter in it: W + (α / rank) · B·A, in Float64 and rounded once to Float32, as
    /// `LowRankProduct` states.
    func merged(into weight: Tensor) -> Tensor {
        let result = weight.onHost.copy()
        let (up, down) = (up.value.onHost, down.value.onHost)
        LowRankProduct(
            rank: down.shape[0], rows: weight.shape[0], columns: weight.count / weight.shape[0], scale: scale
        ).add(
            up: up.hostValues.baseAddress!, down: down.hostValues.baseAddress!, to: result.hostValues.baseAddress!)
        return withExtendedLifetime((up.storage, down.storage)) { result }
    }
}
