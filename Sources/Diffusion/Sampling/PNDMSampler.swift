import Compute

/// Pseudo numerical sampling by a linear multistep method of order 4 (PLMS; Liu et al. 2022), as diffusers'
/// `PNDMScheduler` does it with `skip_prk_steps`. The second timestep is visited twice: the first step is taken again with
/// the mean of the outputs at its two ends.
package struct PNDMSampler: Sampler {
    package let timesteps: [Float]

    private let schedule: NoiseSchedule
    private let steps: [Int]
    /// Timesteps of training from one step to the next.
    private let stride: Int

    /// A sampler of `steps` steps over `schedule` with the spacing of `config`.
    package init(_ schedule: NoiseSchedule, _ config: SchedulerConfig, steps: Int) {
        self.schedule = schedule
        let even = SamplerTimesteps.even(config, steps: steps, count: schedule.count)
        self.steps = Array(even.prefix(2)) + even.dropFirst()
        timesteps = self.steps.map(Float.init)
        stride = schedule.count / steps
    }

    package func moved(
        _ x: Tensor, by output: Tensor, call: Int, history: inout SamplerHistory, freshNoise: ((Int) -> Tensor)?,
        on engine: Engine
    ) -> Tensor {
        var (start, source) = (x, steps[call])
        var destination = source - stride
        let combined: Tensor
        if call == 1, let first = history.outputs.first, let begun = history.start {
            // The output here is not kept.
            (start, source, destination) = (begun, source + stride, source)
            combined = engine.blend(output, 0.5, first, 0.5)
            history.start = nil
        } else {
            if call == 0 { history.start = x }
            history.outputs = [output] + history.outputs.prefix(3)
            combined = Self.combined(history.outputs, on: engine)
        }
        let labels = [Int](repeating: source, count: x.shape[0])
        let noise = schedule.noise(fromOutput: combined, x: start, at: labels, on: engine)
        let (from, to) = (Double(schedule.alphaBar(source)), Double(schedule.alphaBar(destination)))
        let divisor = from * (1 - to).squareRoot() + (from * (1 - from) * to).squareRoot()
        return engine.blend(start, Float((to / from).squareRoot()), noise, Float((from - to) / divisor))
    }

    /// The outputs, the newest first, weighted by the Adams–Bashforth method of their number.
    private static func combined(_ outputs: [Tensor], on engine: Engine) -> Tensor {
        let weights: [Double] =
            switch outputs.count {
            case 1: [1]
            case 2: [3.0 / 2, -1.0 / 2]
            case 3: [23.0 / 12, -16.0 / 12, 5.0 / 12]
            default: [55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24]
            }
        guard outputs.count > 1 else { return outputs[0] }
        let first = engine.blend(outputs[0], Float(weights[0]), outputs[1], Float(weights[1]))
        return zip(outputs, weights).dropFirst(2).reduce(first) { engine.blend($0, 1, $1.0, Float($1.1)) }
    }
}
