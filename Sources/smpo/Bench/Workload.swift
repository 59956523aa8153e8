import Compute
import Core
import Diffusion
import Foundation
import Preferences
import Training

/// A piece of work that another framework can do as well, under a name that both sides know.
struct Workload {
    let name: String
    /// Makes the operands and gives the work itself.
    let make: (Engine) throws -> () throws -> Void

    /// All of them, small ones first. `Tests/Speed/pytorch.py` does the same works with PyTorch.
    static var all: [Workload] { operations + networks + rewards }

    private static var operations: [Workload] {
        [
            Workload(name: "linear 4096×320→2560") { engine in
                let (x, w, b) = (
                    numbers(engine, [1, 4096, 320], 1), numbers(engine, [2560, 320], 2), numbers(engine, [2560], 3)
                )
                return { _ = engine.linear(x, weight: w, bias: b) }
            },
            convolution("conv 3×3 320→320, 64²", 320, 320, 64, stride: 1, backward: false),
            convolution("conv 3×3 320→320, 64², forward + backward", 320, 320, 64, stride: 1, backward: true),
            convolution("conv 3×3 320→320, 64², stride 2, forward + backward", 320, 320, 64, stride: 2, backward: true),
            convolution("conv 3×3 1280→1280, 8², forward + backward", 1280, 1280, 8, stride: 1, backward: true),
            attention("attention 8 × 4096 × 40", backward: false),
            attention("attention 8 × 4096 × 40, forward + backward", backward: true),
            Workload(name: "GroupNorm(32) + SiLU 320×64²") { engine in
                let (x, w) = (numbers(engine, [1, 320, 64, 64], 1), numbers(engine, [320], 2))
                return { _ = engine.groupNorm(x, groups: 32, weight: w, bias: w, eps: 1e-5, silu: true) }
            },
            Workload(name: "GroupNorm(32) + SiLU 320×64², forward + backward") { engine in
                let (x, w) = (parameter(engine, [1, 320, 64, 64], 1), parameter(engine, [320], 2))
                return try differentiated(engine, [x]) { $0.groupNorm($1[0], groups: 32, w, w, eps: 1e-5, silu: true) }
            },
            Workload(name: "LayerNorm 4096×320, forward + backward") { engine in
                let (x, w) = (parameter(engine, [1, 4096, 320], 1), parameter(engine, [320], 2))
                return try differentiated(engine, [x]) { $0.layerNorm($1[0], w, w, eps: 1e-5) }
            },
            Workload(name: "GEGLU 4096×1280") { engine in
                let x = numbers(engine, [1, 4096, 2560], 1)
                return { _ = engine.geglu(x) }
            },
            Workload(name: "GEGLU 4096×1280, forward + backward") { engine in
                try differentiated(engine, [parameter(engine, [1, 4096, 2560], 1)]) { $0.geglu($1[0]) }
            },
            Workload(name: "AdamW 10 M") { engine in
                let (p, g) = (parameter(engine, [10_000_000], 1), numbers(engine, [10_000_000], 2))
                let (m, v) = (g.zeros(), g.zeros())
                let constants = AdamWConstants(
                    decay: 0.999999, oneMinusBeta1: 0.1, beta2: 0.999, oneMinusBeta2: 0.001, rootCorrection2: 0.0316,
                    eps: 1e-8, step: 1e-4)
                return {
                    engine.adamWInPlace(parameter: p.value, firstMoment: m, secondMoment: v, gradient: g, constants)
                }
            },
            Workload(name: "DDIM move 8×4×64²") { engine in
                let (x, e) = (numbers(engine, [8, 4, 64, 64], 1), numbers(engine, [8, 4, 64, 64], 2))
                let schedule = NoiseSchedule(try SchedulerConfig(path: "Manifests/models/folder/scheduler.json"))
                return {
                    _ = schedule.moved(
                        x, noise: e, from: .init(repeating: 300, count: 8), to: .init(repeating: 400, count: 8),
                        on: engine)
                }
            },
        ]
    }

    private static var networks: [Workload] {
        [
            Workload(name: "SmPO step, 3.2 M parameters, 4 pairs of 4×32²") { engine in
                let step = try SmPOWork(config: "Manifests/models/bench/unet.json", pairs: 4, engine: engine)
                return { try step.run() }
            },
            network("SD1.5 UNet, 64²", backward: false),
            network("SD1.5 UNet, 64², forward + backward", backward: true),
            network("SD1.5 UNet, 64², 2 pictures", pictures: 2, backward: false),
            network("SD1.5 UNet, 64², 2 pictures, forward + backward", pictures: 2, backward: true),
            network("SDXL UNet, 128²", folder: "sdxl", size: 128, text: 2048, backward: false),
            Workload(name: "autoencoder of SD1.5, encode 512²") { engine in
                let (model, image) = (try autoencoder(), numbers(engine, [1, 3, 512, 512], 1))
                return { _ = model.encode(image, engine: engine) }
            },
            Workload(name: "autoencoder of SD1.5, decode 512²") { engine in
                let (model, latents) = (try autoencoder(), numbers(engine, [1, 4, 64, 64], 1))
                return { _ = model.decode(latents, engine: engine) }
            },
        ]
    }

    private static func autoencoder() throws -> AutoencoderKL {
        try AutoencoderKL(
            config: AutoencoderConfig(path: "Manifests/models/sd15/vae.json"), loader: ParameterLoader(seed: 1))
    }

    static func numbers(_ engine: Engine, _ shape: [Int], _ step: Int) -> Tensor {
        engine.normals(RandomStream(seed: 42, .noise, step: step), shape: shape)
    }

    private static func parameter(_ engine: Engine, _ shape: [Int], _ step: Int) -> Parameter {
        let parameter = Parameter(name: "\(step)", value: numbers(engine, shape, step))
        parameter.isTrainable = true
        return parameter
    }

    /// Forward and backward on a tape; the gradients of trainable parameters are made anew each time.
    private static func differentiated(
        _ engine: Engine, _ leaves: [Parameter], _ body: @escaping (Tape, [Variable]) -> Variable
    ) throws -> () -> Void {
        let seed = numbers(
            engine,
            body(Tape(engine: engine, isRecording: false), leaves.map { Tape(engine: engine).constant($0.value) })
                .shape, 9)
        return {
            let tape = Tape(engine: engine)
            let y = body(tape, leaves.map { tape.leaf($0.value) })
            tape.backward(from: y, seed: seed)
        }
    }

    private static func convolution(
        _ name: String, _ input: Int, _ output: Int, _ size: Int, stride: Int, backward: Bool
    ) -> Workload {
        Workload(name: name) { engine in
            let (x, w) = (parameter(engine, [1, input, size, size], 1), parameter(engine, [output, input, 3, 3], 2))
            let (b, geometry) = (parameter(engine, [output], 3), ConvolutionGeometry(stride: stride, padding: 1))
            if !backward { return { _ = engine.convolution(x.value, weight: w.value, bias: b.value, geometry) } }
            return try differentiated(engine, [x]) {
                w.clearGradient()
                return $0.convolution($1[0], w, b, geometry)
            }
        }
    }

    private static func attention(_ name: String, backward: Bool) -> Workload {
        Workload(name: name) { engine in
            let qkv = (1...3).map { parameter(engine, [1, 4096, 320], $0) }
            if !backward { return { _ = engine.attention(qkv[0].value, qkv[1].value, qkv[2].value, heads: 8) } }
            return try differentiated(engine, qkv) { $0.attention($1[0], $1[1], $1[2], heads: 8) }
        }
    }

    private static func network(
        _ name: String, pictures: Int = 1, folder: String = "sd15", size: Int = 64, text: Int = 768, backward: Bool
    ) -> Workload {
        Workload(name: name) { engine in
            let config = try UNetConfig(path: "Manifests/models/\(folder)/unet.json")
            let unet = try UNet2DConditionModel(config: config, loader: ParameterLoader(seed: 1))
            engine.place(unet.parameters)
            for parameter in unet.parameters { parameter.isTrainable = backward }
            let (x, context) = (
                numbers(engine, [pictures, 4, size, size], 1), numbers(engine, [pictures, 77, text], 2)
            )
            let states = TextStates(
                context: context, pooled: config.additionEmbedding.map { numbers(engine, [pictures, $0.pooledDim], 3) })
            let added = TextCondition(
                states, sizes: [SizeCondition](repeating: SizeCondition(square: 8 * size), count: pictures)
            ).added
            return {
                let tape = Tape(engine: engine, isRecording: backward)
                let y = unet.forward(
                    tape, sample: tape.constant(x), timesteps: [Int](repeating: 500, count: pictures),
                    context: tape.constant(context), condition: added)
                if backward { tape.backward(from: y, seed: x) }
                for parameter in unet.parameters { parameter.clearGradient() }
            }
        }
    }
}

/// SmPO's optimiser step on random latents: nine inversion steps, ReNoise at the last, reference, policy, AdamW.
private final class SmPOWork {
    private let trainer: Trainer
    private let batch: TrainingBatch

    init(config path: String, pairs: Int, engine: Engine) throws {
        let config = try UNetConfig(path: path)
        let policy = try UNet2DConditionModel(config: config, loader: ParameterLoader(seed: 1))
        let reference = try UNet2DConditionModel(config: config, loader: ParameterLoader(seed: 2))
        let schedule = NoiseSchedule(try SchedulerConfig(path: "Manifests/models/folder/scheduler.json"))
        let model = TrainedModel(
            policy: policy, reference: reference, textEncoder: nil, schedule: schedule, engine: engine)
        func numbers(_ shape: [Int], _ step: Int) -> Tensor { Workload.numbers(engine, shape, step) }
        trainer = Trainer(
            task: .denoising(
                Denoising(model: model, objective: SmPO(beta: 2000, elements: 4096), inversion: InversionSettings())),
            optimizer: AdamW(AdamW.Settings(), parameters: model.parameters),
            learningRate: LearningRate(schedule: .constant, base: 1e-6, total: 1), clip: 1)
        batch = TrainingBatch(
            items: (0..<pairs).map {
                TrainingBatch.Item(id: "\($0)", digest: Digest.sha256([]), weight: 1, timestep: 200 + 150 * $0)
            }, x0: numbers([2 * pairs, 4, 32, 32], 3), noise: nil,
            conditioning: .encoded(TextStates(context: numbers([pairs, 77, 96], 4))))
    }

    func run() throws { _ = try trainer.step(batch) }
}
