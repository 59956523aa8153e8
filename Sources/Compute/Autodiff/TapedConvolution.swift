extension Tape {
    /// 2-D convolution: x [n, in, h, w], weight [out, in, kh, kw], bias [out].
    package func convolution(
        _ x: Variable, _ weight: Parameter, _ bias: Parameter?, _ geometry: ConvolutionGeometry
    ) -> Variable {
        let y = engine.convolution(x.value, weight: weight.value, bias: bias?.value, geometry)
        // Only the weight's gradient needs the input.
        let kept = weight.isTrainable ? x.value : nil
        return record(y, from: [x], parameters: [weight, bias]) {
            [unowned self, to = x.node, inputShape = x.shape] dy in
            if let kept, let sum = weight.gradientSum {
                engine.accumulateConvolutionWeightGradient(dy, kept, into: sum, geometry)
            }
            if let sum = bias?.gradientSum { engine.accumulateChannelSums(dy, into: sum) }
            accumulate(
                engine.convolutionInputGradient(dy, weight: weight.value, inputShape: inputShape, geometry), into: to)
        }
    }
}
