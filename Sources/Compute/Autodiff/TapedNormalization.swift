extension Tape {
    /// GroupNorm over x [n, c, …]; weight and bias [c]; with `silu`, x·σ(x) of the result.
    package func groupNorm(
        _ x: Variable, groups: Int, _ weight: Parameter, _ bias: Parameter, eps: Float, silu: Bool = false
    ) -> Variable {
        let (y, statistics) = engine.groupNorm(
            x.value, groups: groups, weight: weight.value, bias: bias.value, eps: eps, silu: silu)
        return record(y, from: [x], parameters: [weight, bias]) { [unowned self] dy in
            let dx = engine.groupNormBackward(
                dy, x: x.value, groups: groups, weight: weight.value, bias: bias.value, statistics: statistics,
                dweight: weight.gradientSum, dbias: bias.gradientSum, silu: silu)
            accumulate(dx, into: x.node)
        }
    }

    /// LayerNorm over the last axis; weight and bias [width].
    package func layerNorm(_ x: Variable, _ weight: Parameter, _ bias: Parameter, eps: Float) -> Variable {
        let (y, statistics) = engine.layerNorm(x.value, weight: weight.value, bias: bias.value, eps: eps)
        return record(y, from: [x], parameters: [weight, bias]) { [unowned self] dy in
            let dx = engine.layerNormBackward(
                dy, x: x.value, weight: weight.value, statistics: statistics, dweight: weight.gradientSum,
                dbias: bias.gradientSum)
            accumulate(dx, into: x.node)
        }
    }
}
