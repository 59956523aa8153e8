import Autodiff
import Checkpoints
import Diffusion
import Tensors
import Testing

@Suite struct UNetTests {
    @Test(.enabled(if: Oracle.large != nil), arguments: ["sd", "sdxl"])
    func blocksAgreeWithDiffusers(model: String) throws {
        let oracle = try #require(Oracle.large)
        let engine = Engine(workers: 1)
        let unet = try oracle.unet("\(model)/unet", engine: engine)
        let expected = try oracle.file("\(model)/out/unet_blocks.safetensors")
        let inputs = try oracle.file("\(model)/inputs.safetensors")
        let timesteps = try Oracle.integers(expected, "t")
        let context = try inputs.float32(named: "ctx").slice(0..<1)
        let doubled = engine.stacked([context.reshaped(Array(context.shape.dropFirst())), context.reshaped(Array(context.shape.dropFirst()))])
        var condition: TextTimeCondition?
        if inputs.contains("pooled") {
            let pooled = try inputs.float32(named: "pooled").slice(0..<1), ids = try inputs.float32(named: "time_ids").slice(0..<1)
            condition = TextTimeCondition(
                pooled: engine.stacked([pooled.reshaped([2, pooled.shape[2]]), pooled.reshaped([2, pooled.shape[2]])]),
                timeIDs: engine.stacked([ids.reshaped([2, 6]), ids.reshaped([2, 6])]))
        }
        let tape = Tape(engine: engine, isRecording: false)
        _ = unet.forward(
            tape, sample: tape.constant(try expected.float32(named: "sample")), timesteps: timesteps,
            context: tape.constant(doubled), condition: condition
        ) { name, value in
            guard let reference = try? expected.float32(named: name) else { return }
            let distance = Oracle.distance(value, reference)
            print(model, name, distance)
            #expect(distance < 2e-6, "\(name)")
        }
    }
}
