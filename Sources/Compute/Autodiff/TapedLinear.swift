extension Tape {
    /// A convolution whose kernel and stride are one square, as a product of squares and weights: x [n, c, h, w], weight
    /// [out, c, edge, edge]; result [n, squares, out]. It takes kernels of any size.
    package func patchEmbedding(_ x: Variable, _ weight: Parameter) -> Variable {
        let (edge, flat) = (weight.value.shape[3], [weight.value.shape[0], weight.value.shape[1...].reduce(1, *)])
        let patches = engine.patches(of: x.value, edge: edge)
        let y = engine.linear(patches, weight: weight.value.reshaped(flat), bias: nil)
        return record(y, from: [x], parameters: [weight]) { [unowned self, to = x.node, inputShape = x.shape] dy in
            if let sum = weight.gradientSum {
                engine.accumulateLinearWeightGradient(dy, patches, into: sum.reshaped(flat))
            }
            accumulate(
                engine.assembled(
                    engine.linearInputGradient(dy, weight: weight.value.reshaped(flat)), edge: edge, shape: inputShape),
                into: to)
        }
    }

    /// `x·Wᵀ + b`: x [samples, …, in], weight [out, in], bias [out].
    package func linear(_ x: Variable, _ weight: Parameter, _ bias: Parameter?) -> Variable {
        let y = engine.linear(x.value, weight: weight.value, bias: bias?.value)
        // Only the weight's gradient needs the input.
        let kept = weight.isTrainable ? x.value : nil
        return record(y, from: [x], parameters: [weight, bias]) { [unowned self, to = x.node] dy in
            if let kept, let sum = weight.gradientSum { engine.accumulateLinearWeightGradient(dy, kept, into: sum) }
            if let sum = bias?.gradientSum { engine.accumulateColumnSums(dy, into: sum) }
            accumulate(engine.linearInputGradient(dy, weight: weight.value), into: to)
        }
    }
}
