/// A GroupNorm or LayerNorm: what goes in.
package struct Normalization {
    /// The values, and a weight and a bias for each channel or column.
    package let x, weight, bias: Tensor
    /// Groups of channels; 1 in a LayerNorm.
    package let groups: Int
    /// Added to the variance; not needed on the way back.
    package let eps: Float
    /// Whether x·σ(x) of the result is taken at once.
    package let silu: Bool
}

/// What the backward pass of a normalisation has besides its inputs, and what it makes.
package struct NormalizationGradients {
    /// The result's gradient, and mean and 1/√(variance + ε) of each group or row.
    package let dy, statistics: Tensor
    /// Sums that the weight's and the bias's gradients are added to, where they are asked for.
    package let dweight, dbias: Tensor?
    /// The gradient of the input.
    package let dx: Tensor
}

extension Engine {
    /// GroupNorm over x [n, c, …] in `groups` groups; weight and bias [c]; with `silu`, x·σ(x) of the result, at once.
    /// Returns the result and, per image and group, (mean, 1/√(variance + ε)) for the backward pass: [n, groups, 2].
    package func groupNorm(
        _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, eps: Float, silu: Bool = false
    ) -> (y: Tensor, statistics: Tensor) {
        begin("group norm", [x, weight, bias])
        let (y, statistics) = (tensor(x.shape), tensor([x.shape[0], groups, 2]))
        let norm = Normalization(x: x, weight: weight, bias: bias, groups: groups, eps: eps, silu: silu)
        device.run(.groupNorm(norm, to: y, statistics: statistics))
        end([y, statistics])
        return (y, statistics)
    }

    /// `groupNorm` in the place of x, whose bits it has.
    package func groupNormInPlace(
        _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, eps: Float, silu: Bool = false
    ) {
        begin("group norm", [x, weight, bias])
        let norm = Normalization(x: x, weight: weight, bias: bias, groups: groups, eps: eps, silu: silu)
        device.run(.groupNorm(norm, to: x, statistics: tensor([x.shape[0], groups, 2])))
        end([x])
    }

    /// The gradient of a GroupNorm's input; adds its weight's and bias's gradients image after image. `silu` as in the
    /// forward pass.
    package func groupNormBackward(
        _ dy: Tensor, x: Tensor, groups: Int, weight: Tensor, bias: Tensor, statistics: Tensor, dweight: Tensor?,
        dbias: Tensor?, silu: Bool = false
    ) -> Tensor {
        begin("group norm backward", [dy, x, weight, bias, statistics, dweight, dbias])
        let gradients = NormalizationGradients(
            dy: dy, statistics: statistics, dweight: dweight, dbias: dbias, dx: tensor(x.shape))
        let norm = Normalization(x: x, weight: weight, bias: bias, groups: groups, eps: 0, silu: silu)
        device.run(.groupNormBackward(norm, gradients))
        end([gradients.dx] + [dweight, dbias].compactMap(\.self))
        return gradients.dx
    }

    /// LayerNorm over the last axis; weight and bias [width]. Statistics are (mean, rstd) a row.
    package func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, eps: Float) -> (y: Tensor, statistics: Tensor) {
        begin("layer norm", [x, weight, bias])
        let (y, statistics) = (tensor(x.shape), tensor([x.count / weight.count, 2]))
        let norm = Normalization(x: x, weight: weight, bias: bias, groups: 1, eps: eps, silu: false)
        device.run(.layerNorm(norm, to: y, statistics: statistics))
        end([y, statistics])
        return (y, statistics)
    }

    /// The gradient of a LayerNorm's input; adds its weight's and bias's gradients sample after sample (x's first axis).
    package func layerNormBackward(
        _ dy: Tensor, x: Tensor, weight: Tensor, statistics: Tensor, dweight: Tensor?, dbias: Tensor?
    ) -> Tensor {
        begin("layer norm backward", [dy, x, weight, statistics, dweight, dbias])
        let gradients = NormalizationGradients(
            dy: dy, statistics: statistics, dweight: dweight, dbias: dbias, dx: tensor(x.shape))
        let norm = Normalization(x: x, weight: weight, bias: weight, groups: 1, eps: 0, silu: false)
        device.run(.layerNormBackward(norm, gradients))
        end([gradients.dx] + [dweight, dbias].compactMap(\.self))
        return gradients.dx
    }
}

extension Tape {
    /// GroupNorm over x [n, c, …]; weight and bias [c]; with `silu`, x·σ(x) of the result.
    package func groupNorm(
        _ x: Variable, groups: Int, _ weight: Parameter, _ bias: Parameter, eps: Float, silu: Bool = false
    ) -> Variable {
        let (y, statistics) = engine.groupNorm(
            x.value, groups: groups, weight: weight.value, bias: bias.value, eps: eps, silu: silu)
        let saved = Saved(x.value)
        return record(y, from: [x], parameters: [weight, bias]) { [unowned self, to = x.node] dy in
            let dx = engine.groupNormBackward(
                dy, x: saved.value, groups: groups, weight: weight.value, bias: bias.value, statistics: statistics,
                dweight: weight.gradientSum(on: engine), dbias: bias.gradientSum(on: engine), silu: silu)
            accumulate(dx, into: to)
        }
    }

    /// LayerNorm over the last axis; weight and bias [width].
    package func layerNorm(_ x: Variable, _ weight: Parameter, _ bias: Parameter, eps: Float) -> Variable {
        let (y, statistics) = engine.layerNorm(x.value, weight: weight.value, bias: bias.value, eps: eps)
        let saved = Saved(x.value)
        return record(y, from: [x], parameters: [weight, bias]) { [unowned self, to = x.node] dy in
            let dx = engine.layerNormBackward(
                dy, x: saved.value, weight: weight.value, statistics: statistics,
                dweight: weight.gradientSum(on: engine),
                dbias: bias.gradientSum(on: engine))
            accumulate(dx, into: to)
        }
    }
}
