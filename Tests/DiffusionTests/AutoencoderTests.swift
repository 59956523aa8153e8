import Checkpoints
import Compute
import Core
import Foundation
import Testing

@testable import Diffusion

/// The autoencoder: its size, what it holds in memory, and that no way of computing it moves a bit.
@Suite struct AutoencoderTests {
    /// `vae/config.json` of Stable Diffusion 1.5 as published: diffusers 0.6.
    static let sd15 = """
        {"_class_name": "AutoencoderKL", "_diffusers_version": "0.6.0", "act_fn": "silu", "block_out_channels":
         [128, 256, 512, 512], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D",
         "DownEncoderBlock2D"], "in_channels": 3, "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 32,
         "out_channels": 3, "sample_size": 512, "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D",
         "UpDecoderBlock2D", "UpDecoderBlock2D"]}
        """
    static let tiny = """
        {"block_out_channels": [4, 6], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
         "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "norm_num_groups": 2, "layers_per_block": 1}
        """

    private func model(_ text: String, seed: UInt64 = 3) throws -> AutoencoderKL {
        try AutoencoderKL(
            config: AutoencoderConfig(ConfigSupport.parse(text)), loader: ParameterLoader(seed: seed))
    }

    /// The published numbers: encoder, decoder, and the two 1×1 convolutions' 92.
    @Test func stableDiffusion15HasItsParameters() throws {
        let model = try AutoencoderKL(
            config: AutoencoderConfig(ConfigSupport.parse(Self.sd15)), loader: ParameterLoader())
        func count(_ prefix: String) -> Int {
            model.requests.filter { $0.name.hasPrefix(prefix) }.reduce(0) { $0 + $1.count }
        }
        #expect(count("encoder.") == 34_163_592)
        #expect(count("decoder.") == 49_490_179)
        #expect(count("quant_conv.") + count("post_quant_conv.") == 92)
        #expect(model.requests.count == 248)
        #expect(model.config.factor == 8)
    }

    /// Attention by blocks, padding by strips, norms in place: beside the weights, at 1024 × 1024, less than 3 GiB.
    @Test func aPictureOf1024TakesLessThan3GiB() throws {
        let device = ShapeDevice()
        let engine = Engine(device: device)
        let model = try AutoencoderKL(
            config: AutoencoderConfig(ConfigSupport.parse(Self.sd15)), loader: ParameterLoader(shapesOn: device))
        let weights = device.live
        func peak(_ body: () -> Tensor) -> (shape: [Int], bytes: Int) {
            device.beginPeak()
            return (body().shape, device.peak + device.work)
        }
        let image = engine.tensor([2, 3, 1024, 1024])
        let encoded = peak { model.encode(image, engine: engine).mean }
        #expect(encoded.shape == [2, 4, 128, 128])
        let latents = engine.tensor([2, 4, 128, 128])
        let decoded = peak { model.decode(latents, engine: engine) }
        #expect(decoded.shape == [2, 3, 1024, 1024])
        #expect(weights < 340 << 20)
        // Three activations of 128 channels; one of 256 channels and two of half of it.
        #expect(encoded.bytes < 3 << 29 + 600 << 20, "\(encoded.bytes >> 20) MiB")
        #expect(decoded.bytes < 5 << 29, "\(decoded.bytes >> 20) MiB")
    }

    /// The block of the UNet, on a tape, and the one that overwrites its input are one function.
    @Test(arguments: [(4, 4), (4, 6)]) func aBlockInPlaceHasTheBitsOfTheTapes(input: Int, output: Int) throws {
        let block = try ResnetBlock2D(
            ParameterLoader(seed: 5), "b", input, output, timeWidth: nil, groups: 2, eps: 1e-6)
        let engine = Engine()
        let x = RandomStream(seed: 1, .noise, step: 0).normals(shape: [1, input, 7, 5])
        let tape = Tape(engine: engine, isRecording: false)
        let expected = block(tape, tape.constant(x), time: nil).value
        var result = x.copy()
        block.apply(engine, to: &result)
        #expect(result.shape == expected.shape && result.floats == expected.floats)
    }

    /// Pictures of a batch, workers and strips leave no trace; what is given is not written.
    @Test func aPictureHasItsBitsInAnyCompany() throws {
        let model = try model(Self.tiny)
        let engine = Engine()
        let image = RandomStream(seed: 2, .noise, step: 0).normals(shape: [3, 3, 11, 14])
        let before = image.floats
        let moments = model.encode(image, engine: engine)
        #expect(moments.mean.shape == [3, 4, 5, 7])
        let noise = RandomStream(seed: 2, .noise, step: 1).normals(shape: moments.mean.shape)
        let latents = model.scaled(moments.sample(noise, engine: engine), engine: engine)
        let decoded = model.decode(latents, engine: engine)
        #expect(decoded.shape == [3, 3, 10, 14])
        for (workers, paddedBytes) in [(1, 1), (2, 700), (3, 2_000)] {
            let other = Engine(workers: workers)
            defer { other.stop() }
            other.paddedBytes = paddedBytes
            let alone = (0..<3).map { picture in
                model.encode(image.slice(picture..<picture + 1), engine: other)
            }
            #expect(alone.flatMap(\.mean.floats) == moments.mean.floats)
            #expect(alone.flatMap(\.logVariance.floats) == moments.logVariance.floats)
            #expect(model.decode(latents, engine: other).floats == decoded.floats)
        }
        #expect(image.floats == before)
    }

    @Test func extremesOfTheLogVarianceAreCut() {
        let engine = Engine()
        let moments = LatentMoments(
            Tensor([1, 2, 3, 4, -31, 21, -30, 20], shape: [1, 2, 2, 2]), engine: engine)
        #expect(moments.mean.floats == [1, 2, 3, 4])
        #expect(moments.logVariance.floats == [-30, 20, -30, 20])
    }

    // MARK: Pipeline

    /// A model with an autoencoder has it under its own digests, drawn by a seed of its own; over latents that were made
    /// beforehand it is left alone.
    @Test func aPipelineHasItsAutoencoder() throws {
        let folder = NSTemporaryDirectory() + "autoencoder-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let engine = Engine()
        let without = try PipelineTests.model("shapes", seed: 7, on: engine)
        let config = Self.tiny.replacing("{", with: "{\"latent_channels\": 3, ", maxReplacements: 1)
        let autoencoder = try AutoencoderKL(
            config: AutoencoderConfig(ConfigSupport.parse(config)), loader: ParameterLoader(seed: 7))
        let given = Dictionary(uniqueKeysWithValues: without.parts.map { ($0.kind.name, $0.component) })
        let with = try Pipeline(.diffusion, given.merging(["vae": autoencoder]) { first, _ in first })
        #expect(with.parts.map(\.kind.name) == ["unet", "text_encoder", "tokenizer", "vae", "scheduler"])
        try with.write(to: folder)
        let read = try DiffusionModel(path: folder)
        let own = try #require(read.autoencoder)
        #expect(own.config == autoencoder.config)
        let digests = try with.digests()
        #expect(try read.pipeline.digests() == digests)
        let before = try without.digests()
        #expect(Set(digests.keys).subtracting(before.keys) == ["vae", "vae/config"])
        #expect(digests.filter { before[$0.key] != nil } == before)
        #expect(try Pipeline(.latentDiffusion, folder: folder).digests() == before)
        #expect(without.parts.allSatisfy { $0.kind.name != "vae" })
        #expect(try DiffusionModel(without).autoencoder == nil)
        #expect(with.parameterCounts.map(\.title).contains("autoencoder"))
        // Any weight, any key: the digest is another.
        let changed = own.parameters[0].value.copy()
        changed.hostValues[0] += 1
        own.parameters[0].replace(with: changed)
        let after = try read.pipeline.digests()
        #expect(after.filter { $0.value != digests[$0.key] }.map(\.key) == ["vae"])
        // Another in its place, whether it has one of its own or not.
        let elsewhere = folder + "-other"
        defer { try? FileManager.default.removeItem(atPath: elsewhere) }
        let other = try AutoencoderKL(config: autoencoder.config, loader: ParameterLoader(seed: 8))
        let writer = FolderWriter(elsewhere)
        try other.writeConfiguration(into: writer, "", storing: .f32)
        try other.writeWeights(into: writer, "")
        let named = ModelFolder(path: folder, autoencoder: elsewhere)
        #expect(try Pipeline(.latentDiffusion, folder: folder).place(of: "vae", in: named) == elsewhere)
        for _ in 1...2 {
            let replaced = try Pipeline(.diffusion, named).digests()
            #expect(replaced.filter { $0.value != digests[$0.key] }.map(\.key) == ["vae"])
            #expect(replaced["vae"] == (try other.weightsDigest("vae")?.digest))
            try? FileManager.default.removeItem(atPath: "\(folder)/vae")
        }
        let misuse = ConfigSupport.fault { _ = try Pipeline(.latentDiffusion, named) }
        #expect(misuse?.key == "model.vae")
    }

    // MARK: Configuration

    private func fault(_ key: String, _ value: JSONValue) throws -> ConfigError? {
        let object = try ConfigSupport.changed(ConfigSupport.parse(Self.sd15), key, value)
        return ConfigSupport.fault { _ = try AutoencoderConfig(object) }
    }

    @Test func absentKeysTakeDiffusersDefaults() throws {
        let config = try AutoencoderConfig(ConfigSupport.parse(Self.sd15))
        #expect(config.scaling.factor == 0.18215 && config.scaling.shift == nil && config.scaling.mean == nil)
        #expect(config.useQuantConv && config.usePostQuantConv && config.midBlockAddAttention)
        let bare = try AutoencoderConfig(ConfigSupport.parse("{}"), file: "x")
        #expect(bare.blockOutChannels == [64] && bare.layersPerBlock == 1 && bare.latentChannels == 4)
    }

    @Test func whatIsWrittenReadsBackEqual() throws {
        for text in [Self.sd15, Self.tiny] {
            var object = try ConfigSupport.parse(text)
            object["latents_mean"] = .array((0..<4).map { .integer($0) })
            object["latents_std"] = .array((1..<5).map { .integer($0) })
            object["scaling_factor"] = try JSONValue.parse("0.13025", file: "x")
            object["force_upcast"] = false
            let config = try AutoencoderConfig(object)
            guard case .object(let written) = config.json else { continue }
            #expect(try AutoencoderConfig(written) == config)
        }
    }

    @Test func whatIsNotSupportedIsRefusedByItsKey() throws {
        let refused: [(String, JSONValue)] = [
            ("act_fn", "relu"), ("down_block_types", ["AttnDownEncoderBlock2D"]),
            ("up_block_types", [.string("UpDecoderBlock2D")]),
            ("block_out_channels", [128, 100, 512, 512]), ("layers_per_block", 0), ("scaling_factor", 0),
            ("latents_mean", [0, 0, 0, 0]), ("latents_std", [1, 1]), ("shift_factor", "0"), ("norm_num_groups", .null),
            ("sample_sise", 3), ("_class_name", "AutoencoderTiny"),
        ]
        for (key, value) in refused {
            let found = try #require(try fault(key, value), "\(key)").key
            #expect(found.hasPrefix(key) || (key == "latents_mean" && found == "latents_std"), "\(key): \(found)")
        }
    }

    /// A file with a layer under both of its names would have two meanings.
    @Test func aLayerUnderBothNamesIsRefused() throws {
        let model = try model(Self.tiny)
        var tensors = model.parameters.map { ($0.name, $0.value) }
        let old = "encoder.mid_block.attentions.0.query.weight"
        tensors.append((old, Tensor(zeros: [6, 6])))
        let source = try Checkpoint(inMemory: tensors)
        do {
            _ = try AutoencoderKL(config: model.config, loader: ParameterLoader(source: source))
            Issue.record("expected an error")
        } catch let error as CheckpointError { #expect("\(error)".contains(old)) }
    }
}
