import Compute
import Core
import Testing

@testable import Diffusion

/// The sampler's timesteps against diffusers' three formulas, and a move against the textbook.
@Suite struct SamplerTests {
    @Test(arguments: ["leading", "trailing", "linspace"])
    func timestepsAreDiffusers(spacing: String) throws {
        let offset = spacing == "leading" ? 1 : 0
        let config = try SchedulerConfig(
            ConfigSupport.parse(#"{"timestep_spacing": "\#(spacing)", "steps_offset": \#(offset)}"#))
        let members = try ScheduleTests.cursor()["timesteps"].members().filter { $0.key.hasPrefix(spacing + "/") }
        #expect(members.count == 19)
        for (key, value) in members {
            let steps = try #require(Int(key.dropFirst(spacing.count + 1)))
            let expected = try value.elements().map { try $0.int() }
            #expect(SamplerTimesteps.even(config, steps: steps, count: 1000) == expected, "\(key)")
        }
    }

    @Test func stableDiffusionsTenSteps() throws {
        let config = try SchedulerConfig(
            ConfigSupport.parse(#"{"timestep_spacing": "leading", "steps_offset": 1}"#))
        #expect(
            SamplerTimesteps.even(config, steps: 10, count: 1000) == [901, 801, 701, 601, 501, 401, 301, 201, 101, 1])
    }

    /// Along the line that the same noise spans, inversion and target agree: τ of a noised picture is its noise.
    @Test func theTargetOfANoisedPictureIsItsNoise() throws {
        let schedule = try ScheduleTests.schedule("stable-diffusion")
        let (timesteps, engine) = ([0, 500, 999], Engine())
        let x0 = RandomStream(seed: 1, .noise, step: 1).normals(shape: [3, 3, 4, 4])
        let noise = RandomStream(seed: 1, .noise, step: 2).normals(shape: [3, 3, 4, 4])
        let xt = schedule.noised(x0, noise: noise, at: timesteps, on: engine)
        let target = schedule.target(xt, original: x0, at: timesteps, on: engine)
        // At t = 0 a rounding of x_t is divided by √(1 − ā₀) ≈ 0.03.
        #expect(zip(target.floats, noise.floats).allSatisfy { abs($0 - $1) < 4e-5 })
        // φ with the true noise leads to the same noise at another level.
        let moved = schedule.moved(xt, noise: noise, from: timesteps, to: [999, 0, 500], on: engine)
        let direct = schedule.noised(x0, noise: noise, at: [999, 0, 500], on: engine)
        #expect(zip(moved.floats, direct.floats).allSatisfy { abs($0 - $1) < 4e-5 })
    }

    @Test func velocityAndNoiseAreTwoWordsForOneThing() throws {
        let text = #"{"beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction"}"#
        let schedule = NoiseSchedule(try SchedulerConfig(ConfigSupport.parse(text)))
        let (timesteps, engine) = ([3, 500, 990], Engine())
        let x0 = RandomStream(seed: 2, .noise, step: 1).normals(shape: [3, 3, 4, 4])
        let noise = RandomStream(seed: 2, .noise, step: 2).normals(shape: [3, 3, 4, 4])
        let xt = schedule.noised(x0, noise: noise, at: timesteps, on: engine)
        let velocity = schedule.velocity(x0, noise: noise, at: timesteps, on: engine)
        let found = schedule.noise(fromOutput: velocity, x: xt, at: timesteps, on: engine)
        let original = schedule.original(fromOutput: velocity, x: xt, at: timesteps, on: engine)
        #expect(zip(found.floats, noise.floats).allSatisfy { abs($0 - $1) < 4e-6 })
        #expect(zip(original.floats, x0.floats).allSatisfy { abs($0 - $1) < 4e-6 })
    }
}
