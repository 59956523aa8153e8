import Checkpoints
import Compute
import Core
import Diffusion
import Testing

/// A UNet with adapters against PEFT's on diffusers' `UNet2DConditionModel` (`make_lora_fixture.py`).
@Suite struct AdapterTests {
    private struct Fixture {
        let file: Checkpoint
        let recipe: AdapterRecipe
        let unet: UNet2DConditionModel
        /// How far torch's Float32 is from the same in Float64.
        let yardstick: (out: Double, gradients: Double)

        init() throws {
            let oracle = Oracle.fixtures
            let facts = try oracle.json("lora/adapters.json")
            file = try oracle.file("lora/adapters.safetensors")
            recipe = AdapterRecipe(
                rank: try facts["rank"].int(), alpha: try facts["alpha"].double(),
                targets: try facts["targets"].elements().map { try $0.string() }, seed: 1)
            let directory = try ModelDirectory(path: "\(oracle.folder)/lora")
            unet = try UNet2DConditionModel(
                config: UNetConfig(directory.config, file: directory.configPath),
                loader: ParameterLoader(source: directory.weights, adapters: recipe))
            yardstick = (
                try facts["yardstick"]["out"].double(), try facts["yardstick"]["gradients"].double()
            )
            for parameter in unet.trainedParameters {
                parameter.replace(with: try file.float32(named: parameter.name, shape: parameter.value.shape))
                parameter.isTrainable = true
            }
        }

        func run(_ unet: UNet2DConditionModel, _ tape: Tape) throws -> Variable {
            unet.forward(
                tape, sample: tape.constant(try file.float32(named: "sample")),
                timesteps: try Oracle.integers(file, "t"), context: tape.constant(try file.float32(named: "ctx")))
        }
    }

    @Test(arguments: [false, true]) func outputAndGradientsAgreeWithPEFT(recomputes: Bool) throws {
        let engine = Engine()
        defer { engine.stop() }
        let fixture = try Fixture()
        let tape = Tape(engine: engine, recomputesBlocks: recomputes)
        let output = try fixture.run(fixture.unet, tape)
        let distance = Oracle.distance(output.value, try fixture.file.float32(named: "out"))
        print("oracle lora out: ratio \(distance / fixture.yardstick.out)")
        #expect(distance / fixture.yardstick.out <= Oracle.limit)
        tape.backward(from: output, seed: try fixture.file.float32(named: "seed"))
        let names = fixture.file.names.filter { $0.hasPrefix("gradient/") }
        let trained = fixture.unet.trainedParameters
        #expect(names == trained.map { "gradient/" + $0.name } && names.count > 50)
        let ratios = try trained.map { parameter in
            let expected = try fixture.file.float32(named: "gradient/" + parameter.name)
            return Oracle.distance(try #require(parameter.gradient), expected) / fixture.yardstick.gradients
        }
        print("oracle lora gradients: largest ratio \(ratios.max() ?? 0) of \(ratios.count)")
        #expect(ratios.allSatisfy { $0 <= Oracle.limit })
        #expect(fixture.unet.parameters.allSatisfy { $0.gradient == nil })
    }

    /// The merged network computes what the adapted one does, and without the adapters it would not.
    @Test func theMergedNetworkAgreesToo() throws {
        let engine = Engine()
        defer { engine.stop() }
        let fixture = try Fixture()
        let expected = try fixture.file.float32(named: "out")
        func distance(_ weights: [Parameter]) throws -> Double {
            let plain = try UNet2DConditionModel(
                config: fixture.unet.config, loader: ParameterLoader(sharing: weights))
            return Oracle.distance(try fixture.run(plain, Tape(engine: engine, isRecording: false)).value, expected)
        }
        let merged = fixture.unet.storedWeights.map { Parameter(name: $0.name, value: $0.make()) }
        #expect(try distance(merged) / fixture.yardstick.out <= Oracle.limit)
        #expect(try distance(fixture.unet.parameters) > 0.01)
    }
}
