import Compute

/// GroupNorm with weight and bias a channel.
package struct GroupNorm: Sendable {
    let weight: Parameter
    let bias: Parameter
    let groups: Int
    let eps: Float

    init(_ loader: ParameterLoader, _ name: String, _ channels: Int, groups: Int, eps: Double) throws {
        weight = try loader.parameter("\(name).weight", [channels], .constant(1))
        bias = try loader.parameter("\(name).bias", [channels], .constant(0))
        self.groups = groups
        self.eps = Float(eps)
    }

    /// With `silu`, x·σ(x) of the result.
    func callAsFunction(_ tape: Tape, _ x: Variable, silu: Bool = false) -> Variable {
        tape.groupNorm(x, groups: groups, weight, bias, eps: eps, silu: silu)
    }

    /// The result without a tape.
    func apply(_ engine: Engine, _ x: Tensor, silu: Bool = false) -> Tensor {
        engine.groupNorm(x, groups: groups, weight: weight.value, bias: bias.value, eps: eps, silu: silu).y
    }

    /// The result in the place of x.
    func applyInPlace(_ engine: Engine, _ x: Tensor, silu: Bool = false) {
        engine.groupNormInPlace(x, groups: groups, weight: weight.value, bias: bias.value, eps: eps, silu: silu)
    }
}

/// LayerNorm over the last axis.
package struct LayerNorm: Sendable {
    let weight: Parameter
    let bias: Parameter
    let eps: Float

    init(_ loader: ParameterLoader, _ name: String, _ width: Int, eps: Double = 1e-5) throws {
        weight = try loader.parameter("\(name).weight", [width], .constant(1))
        bias = try loader.parameter("\(name).bias", [width], .constant(0))
        self.eps = Float(eps)
    }

    func callAsFunction(_ tape: Tape, _ x: Variable) -> Variable { tape.layerNorm(x, weight, bias, eps: eps) }
}
