import Checkpoints
import Compute
import Core
import Diffusion
import Testing

/// DDIM sampling with classifier-free guidance 7.5 over ten steps, against diffusers' scheduler and UNet.
@Suite struct SamplingTests {
    @Test(arguments: Oracle.available, ["sd", "sdxl"])
    func picturesAgreeWithDiffusers(oracle: Oracle, model: String) throws {
        guard oracle.has("\(model)/out/ddim_cfg75_10.safetensors") else { return }
        let engine = Engine()
        defer { engine.stop() }
        let expected = try oracle.file("\(model)/out/ddim_cfg75_10.safetensors")
        let inputs = try oracle.file("\(model)/inputs.safetensors")
        let config = try SchedulerConfig(SamplingTests.scheduler)
        let sampler = DDIMSampler(NoiseSchedule(config), config, steps: 10)
        #expect(sampler.steps == (try Oracle.integers(expected, "timesteps")))
        let loop = DenoisingLoop(
            unet: try oracle.unet("\(model)/unet"), sampler: sampler, guidance: 7.5, engine: engine)
        func condition(_ name: String) throws -> TextCondition {
            let context = try inputs.float32(named: "sampling.\(name)")
            guard inputs.contains("sampling.\(name)_pooled") else { return TextCondition(context: context) }
            return TextCondition(
                context: context,
                added: TextTimeCondition(
                    pooled: try inputs.float32(named: "sampling.\(name)_pooled"),
                    timeIDs: try inputs.float32(named: "sampling.time_ids")))
        }
        var ratios: [Double] = []
        _ = loop.run(
            try inputs.float32(named: "sampling.latents"), try condition("cond"),
            unconditional: try condition("uncond"),
            observe: { step, noise, picture in
                for (name, value) in [("eps", noise), ("x", picture)] {
                    let number = name == "eps" ? step : step + 1
                    let tensor = name + (number < 10 ? "0\(number)" : "\(number)")
                    guard let reference = try? expected.float32(named: tensor) else { continue }
                    ratios.append(Oracle.distance(value, reference) / 1e-6)
                    print("oracle \(model) ddim_cfg75_10 \(tensor): ratio \(ratios.last!)")
                }
            })
        #expect(ratios.count == 20)
        #expect((ratios.max() ?? .infinity) <= Oracle.limit)
    }

    private static let scheduler: JSONObject = {
        let text = """
            {"_class_name": "DDIMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
            "clip_sample": false, "set_alpha_to_one": false, "steps_offset": 1}
            """
        guard case .object(let object)? = try? JSONValue.parse(text, file: "scheduler") else { return JSONObject() }
        return object
    }()
}
