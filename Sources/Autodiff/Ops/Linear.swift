import Tensors

extension Tape {
    /// `x·Wᵀ + b`: x [samples, …, in], weight [out, in], bias [out].
    public func linear(_ x: Variable, _ weight: Parameter, _ bias: Parameter?) -> Variable {
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
