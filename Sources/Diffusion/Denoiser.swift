import Compute

/// A UNet with its schedule, asked for predictions without gradients.
package struct Denoiser: Sendable {
    /// The network.
    package let unet: UNet2DConditionModel
    /// The noise schedule.
    package let schedule: NoiseSchedule
    /// What computes.
    package let engine: Engine

    /// A UNet with its schedule on an engine.
    package init(unet: UNet2DConditionModel, schedule: NoiseSchedule, engine: Engine) {
        engine.place(unet.allParameters)
        self.unet = unet
        self.schedule = schedule
        self.engine = engine
    }

    /// The network's raw output for x [n, c, h, w] at `labels` [n].
    package func output(_ x: Tensor, labels: [Int], _ condition: TextCondition) -> Tensor {
        let tape = Tape(engine: engine, isRecording: false)
        return unet.forward(
            tape, sample: tape.constant(engine.placed(x)), timesteps: labels,
            context: tape.constant(engine.placed(condition.context)),
            condition: condition.added
        ).value
    }

    /// The predicted noise ε.
    package func noise(_ x: Tensor, labels: [Int], _ condition: TextCondition) -> Tensor {
        schedule.noise(fromOutput: output(x, labels: labels, condition), x: x, at: labels, on: engine)
    }

    /// The predicted noise with classifier-free guidance: e_u + g·(e_c − e_u); one pass if g is 1.
    package func noise(
        _ x: Tensor, labels: [Int], _ condition: TextCondition, unconditional: TextCondition?, guidance: Float
    ) -> Tensor {
        let conditional = noise(x, labels: labels, condition)
        guard guidance != 1, let unconditional else { return conditional }
        let free = noise(x, labels: labels, unconditional)
        return engine.add(free, engine.scale(engine.subtract(conditional, free), by: guidance))
    }
}
