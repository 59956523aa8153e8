import CKernels

/// AdamW, plain descent and moving averages by the kernels.
extension ReferenceDevice {
    func adamW(
        _ constants: AdamWConstants, _ parameter: Tensor, _ firstMoment: Tensor, _ secondMoment: Tensor,
        _ gradient: Tensor
    ) {
        let c = ck_adamw(
            decay: constants.decay, one_minus_beta1: constants.oneMinusBeta1, beta2: constants.beta2,
            one_minus_beta2: constants.oneMinusBeta2, root_correction2: constants.rootCorrection2, eps: constants.eps,
            step: constants.step)
        let (p, m, v, g) = (parameter.pointer, firstMoment.pointer, secondMoment.pointer, gradient.pointer)
        let update = kernels.optimizer.adamw!
        overSpans(parameter.count) { range in
            let at = range.lowerBound
            withUnsafePointer(to: c) { update(p + at, m + at, v + at, g + at, $0, range.count) }
        }
    }

    func movingAverage(_ average: Tensor, _ parameter: Tensor, _ decay: Float) {
        let (a, p, update) = (average.pointer, parameter.pointer, kernels.optimizer.ema!)
        overSpans(average.count) { update(a + $0.lowerBound, p + $0.lowerBound, decay, 1 - decay, $0.count) }
    }

    func gradientDescent(
        _ constants: GradientDescentConstants, _ parameter: Tensor, _ sum: Tensor?, _ gradient: Tensor
    ) {
        let (p, g, s, table) = (parameter.pointer, gradient.pointer, sum?.pointer, kernels.elementwise)
        let (count, span) = (parameter.count, ReferenceDevice.span)
        pool.run(tasks: (count + span - 1) / span, scratchBytes: span * MemoryLayout<Float>.size) { task, scratch in
            let at = task * span
            let width = min(span, count - at)
            let direction = scratch.assumingMemoryBound(to: Float.self)
            table.copy(direction, g + at, width)
            if constants.weightDecay != 0 { table.add_scaled(direction, p + at, constants.weightDecay, width) }
            if let s {
                table.axpby(direction, s + at, direction, constants.momentum, 1, width)
                table.copy(s + at, direction, width)
            }
            table.add_scaled(p + at, direction, -constants.rate, width)
        }
    }
}
