import CCuda

/// AdamW, plain descent and moving averages by kernels.
extension CudaDevice {
    func adamW(
        _ constants: AdamWConstants, _ parameter: Tensor, _ firstMoment: Tensor, _ secondMoment: Tensor,
        _ gradient: Tensor
    ) {
        launchEach(
            "adamw",
            cu_adamw(
                p: write(parameter), m: write(firstMoment), v: write(secondMoment), g: read(gradient),
                count: Int64(parameter.count), decay: constants.decay, one_minus_beta1: constants.oneMinusBeta1,
                beta2: constants.beta2, one_minus_beta2: constants.oneMinusBeta2,
                root_correction2: constants.rootCorrection2, eps: constants.eps, step: constants.step),
            count: parameter.count)
    }

    func movingAverage(_ average: Tensor, _ parameter: Tensor, _ decay: Float) {
        launchEach(
            "moving_average",
            cu_moving_average(
                average: write(average), p: read(parameter), count: Int64(average.count), decay: decay,
                one_minus_decay: 1 - decay),
            count: average.count)
    }

    func gradientDescent(
        _ constants: GradientDescentConstants, _ parameter: Tensor, _ sum: Tensor?, _ gradient: Tensor
    ) {
        launchEach(
            "gradient_descent",
            cu_gradient_descent(
                p: write(parameter), sum: sum.map { write($0) }, g: read(gradient), count: Int64(parameter.count),
                momentum: constants.momentum, weight_decay: constants.weightDecay, minus_rate: -constants.rate),
            count: parameter.count)
    }
}
