import Checkpoints
import Compute
import Core
import Diffusion
import Testing

/// The UNet against diffusers' `UNet2DConditionModel`.
@Suite struct UNetTests {
    /// torch-Float32's own distance from Float64 for one pass of these networks (7e-7 to 9e-7 in the cases).
    private static let yardstick = 7e-7

    @Test(arguments: Oracle.available, ["sd", "sdxl"])
    func blocksAgreeWithDiffusers(oracle: Oracle, model: String) throws {
        guard oracle.has("\(model)/unet") else { return }
        let engine = Engine()
        defer { engine.stop() }
        let unet = try oracle.unet("\(model)/unet")
        let expected = try oracle.file("\(model)/out/unet_blocks.safetensors")
        let inputs = try oracle.file("\(model)/inputs.safetensors")
        // The cases hold one row a pair; winners and losers share it.
        func doubled(_ name: String) throws -> Tensor {
            let row = try inputs.float32(named: name).slice(0..<1)
            let pairs = row.reshaped(Array(row.shape.dropFirst()))
            return engine.stacked([pairs, pairs])
        }
        let condition =
            inputs.contains("pooled")
            ? TextTimeCondition(pooled: try doubled("pooled"), timeIDs: try doubled("time_ids")) : nil
        let x0 = try inputs.float32(named: "x0").slice(0..<1)
        let sample =
            expected.contains("sample")
            ? try expected.float32(named: "sample") : x0.reshaped(Array(x0.shape.dropFirst()))
        let tape = Tape(engine: engine, isRecording: false)
        var compared = 0
        _ = unet.forward(
            tape, sample: tape.constant(sample), timesteps: try Oracle.integers(expected, "t"),
            context: tape.constant(try doubled("ctx")), condition: condition
        ) { name, value in
            guard let reference = try? expected.float32(named: name) else { return }
            compared += 1
            let ratio = Oracle.distance(value, reference) / UNetTests.yardstick
            print("oracle \(model) unet_blocks \(name): ratio \(ratio)")
            #expect(ratio <= Oracle.limit, "\(name)")
        }
        #expect(compared >= 5)
    }

    @Test(arguments: Oracle.available, ["sd", "sdxl"])
    func oddSizesAgreeWithDiffusers(oracle: Oracle, model: String) throws {
        guard oracle.has("\(model)/unet") else { return }
        let engine = Engine()
        defer { engine.stop() }
        let unet = try oracle.unet("\(model)/unet")
        let expected = try oracle.file("\(model)/out/unet_odd_size.safetensors")
        let condition =
            expected.contains("text_embeds")
            ? TextTimeCondition(
                pooled: try expected.float32(named: "text_embeds"), timeIDs: try expected.float32(named: "time_ids"))
            : nil
        let tape = Tape(engine: engine, isRecording: false)
        let output = unet.forward(
            tape, sample: tape.constant(try expected.float32(named: "sample")),
            timesteps: try Oracle.integers(expected, "t"), context: tape.constant(try expected.float32(named: "ctx")),
            condition: condition)
        let ratio = Oracle.distance(output.value, try expected.float32(named: "out")) / UNetTests.yardstick
        print("oracle \(model) unet_odd_size out: ratio \(ratio)")
        #expect(ratio <= Oracle.limit)
        // t = −199, on the first picture of the inputs.
        let x0 = try oracle.file("\(model)/inputs.safetensors").float32(named: "x0")
        let first = x0.slice(0..<1).reshaped(Array(x0.shape.dropFirst())).slice(0..<1)
        let negative = unet.forward(
            tape, sample: tape.constant(first), timesteps: [-199],
            context: tape.constant(try expected.float32(named: "ctx")), condition: condition)
        let second = Oracle.distance(negative.value, try expected.float32(named: "neg_t_out")) / UNetTests.yardstick
        print("oracle \(model) unet_odd_size neg_t_out: ratio \(second)")
        #expect(second <= Oracle.limit)
    }

    /// Structures that the two models do not have: `make_unet_fixtures.py`.
    @Test(arguments: ["depths", "no_middle", "plain_middle"])
    func otherStructuresAgreeWithDiffusers(name: String) throws {
        let engine = Engine()
        defer { engine.stop() }
        let unet = try Oracle.fixtures.unet("unet/\(name)")
        let expected = try Oracle.fixtures.file("unet/\(name)/case.safetensors")
        let tape = Tape(engine: engine, isRecording: false)
        let output = unet.forward(
            tape, sample: tape.constant(try expected.float32(named: "sample")),
            timesteps: try Oracle.integers(expected, "t"), context: tape.constant(try expected.float32(named: "ctx")))
        // The floor is five roundings, as in the set's own comparison.
        let yardstick = max(try Oracle.fixtures.json("unet/\(name)/yardstick.json")["out"].double(), 3e-7)
        let ratio = Oracle.distance(output.value, try expected.float32(named: "out")) / yardstick
        print("oracle unet \(name): ratio \(ratio)")
        #expect(ratio <= Oracle.limit)
        // All that the file has is used, and the configuration reads back equal.
        #expect(
            unet.parameters.count
                == (try Checkpoint(
                    opening: Oracle.fixtures.folder + "/unet/\(name)/diffusion_pytorch_model.safetensors")).tensors
                .count)
        let written = JSONCursor(unet.config.json, name: "written")
        #expect(try UNetConfig(written.object()) == unet.config)
    }
}
