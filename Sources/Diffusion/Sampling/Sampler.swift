import Compute

/// A way from noise to a sample, planned for a number of steps: at which timesteps the network is called, and where the
/// sample goes by what it says.
package protocol Sampler: Sendable {
    /// The timestep of each call of the network, from noisy to clean. They need not be whole, nor different.
    var timesteps: [Float] { get }
    /// What standard normal noise is multiplied by to begin with.
    var initialScale: Float { get }
    /// What the network is shown of `x` in a call.
    func input(_ x: Tensor, call: Int, on engine: Engine) -> Tensor
    /// Where `x` goes by the network's `output` in a call. `history` is what earlier calls have left; `freshNoise(call)` is
    /// asked for by samplers that add noise.
    func moved(
        _ x: Tensor, by output: Tensor, call: Int, history: inout SamplerHistory, freshNoise: ((Int) -> Tensor)?,
        on engine: Engine
    ) -> Tensor
}

extension Sampler {
    package var initialScale: Float { 1 }
    package func input(_ x: Tensor, call: Int, on engine: Engine) -> Tensor { x }
}

/// What a sampler keeps from call to call.
package struct SamplerHistory {
    /// Outputs, or what was made of them, the newest first.
    var outputs: [Tensor] = []
    /// The sample that a step is taken from again.
    var start: Tensor?

    package init() {}
}

extension SamplerConfig {
    /// The sampler for `steps` steps.
    /// - Throws: `ConfigError` where the schedule has no such timesteps.
    package func sampler(steps: Int) throws -> any Sampler {
        let count = scheduler.numTrainTimesteps
        func refusal(_ problem: String, expected: String, found: String) -> ConfigError {
            ConfigError(
                file: scheduler.file, key: "num_train_timesteps", problem, expected: expected, found: found)
        }
        guard (1...count).contains(steps) else {
            throw refusal("is not enough for \(steps) steps", expected: "1 to \(count) steps", found: "\(count)")
        }
        let schedule = NoiseSchedule(scheduler)
        let sampler: any Sampler =
            switch kind {
            case .ddim: DDIMSampler(schedule, scheduler, steps: steps)
            case .pndm: PNDMSampler(schedule, scheduler, steps: steps)
            case .euler: EulerSampler(schedule, self, steps: steps)
            case .dpmSolverMultistep: DPMSolverSampler(schedule, self, steps: steps)
            }
        if let high = sampler.timesteps.first(where: { $0 > Float(count - 1) }) {
            throw refusal(
                "has no timestep \(Int(high)), as \(steps) steps with steps_offset \(scheduler.stepsOffset) take it",
                expected: "fewer steps, or another spacing", found: "\(count)")
        }
        return sampler
    }
}
