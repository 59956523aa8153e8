import Compute

/// The denoising loop: noise becomes samples, call by call of the network, guided by text and, if wanted, by a picture.
package struct DenoisingLoop: Sendable {
    /// The network.
    package let unet: UNet2DConditionModel
    /// At which timesteps it is called, and where a sample goes.
    package let sampler: any Sampler
    /// Classifier-free guidance g: e_u + g·(e_c − e_u). 1 is off.
    package let guidance: Float
    /// What steers the network by a picture.
    package let control: ControlGuide?
    /// What computes.
    package let engine: Engine

    /// A loop over the calls of `sampler`.
    package init(
        unet: UNet2DConditionModel, sampler: any Sampler, guidance: Float = 1, control: ControlGuide? = nil,
        engine: Engine
    ) {
        (self.unet, self.sampler, self.guidance) = (unet, sampler, guidance)
        (self.control, self.engine) = (control, engine)
    }

    /// Samples from standard normal `noise` [n, c, h, w]. `freshNoise(call)` is asked for by samplers that add noise;
    /// `observe` sees each prediction, guided, and the samples after it. What `observe` throws ends the loop.
    package func run(
        _ noise: Tensor, _ condition: TextCondition, unconditional: TextCondition? = nil,
        freshNoise: ((Int) -> Tensor)? = nil, observe: ((Int, Tensor, Tensor) throws -> Void)? = nil
    ) rethrows -> Tensor {
        engine.place(unet.allParameters)
        let noise = engine.placed(noise)
        var x = sampler.initialScale == 1 ? noise : engine.scale(noise, by: sampler.initialScale)
        var history = SamplerHistory()
        for call in sampler.timesteps.indices {
            let shown = sampler.input(x, call: call, on: engine)
            var output = self.output(shown, call, condition, isConditional: true)
            if guidance != 1, let unconditional {
                let free = self.output(shown, call, unconditional, isConditional: false)
                output = engine.add(free, engine.scale(engine.subtract(output, free), by: guidance))
            }
            x = sampler.moved(x, by: output, call: call, history: &history, freshNoise: freshNoise, on: engine)
            try observe?(call, output, x)
        }
        return x
    }

    private func output(_ x: Tensor, _ call: Int, _ condition: TextCondition, isConditional: Bool) -> Tensor {
        let timesteps = [Float](repeating: sampler.timesteps[call], count: x.shape[0])
        let residuals = control?.residuals(
            x, at: timesteps, condition, isConditional: isConditional, call: call, of: sampler.timesteps.count,
            engine: engine)
        let tape = Tape(engine: engine, isRecording: false)
        return unet.forward(
            tape, sample: tape.constant(x), at: timesteps, context: tape.constant(condition.context),
            condition: condition.added, residuals: residuals
        ).value
    }
}
