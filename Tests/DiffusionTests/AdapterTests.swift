import Checkpoints
import Compute
import Core
import Foundation
import Testing

@testable import Diffusion

/// Low-rank adapters: which layers get them, how they begin, and what they come to in files. Outputs and gradients are
/// held against PEFT's in `OracleTests`.
@Suite struct AdapterTests {
    private static let config = """
        {
          "_class_name": "UNet2DConditionModel", "in_channels": 3, "out_channels": 3, "sample_size": 8,
          "block_out_channels": [8, 16], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
          "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1, "attention_head_dim": 2,
          "cross_attention_dim": 8, "norm_num_groups": 4
        }
        """
    private static let attention = ["to_k", "to_q", "to_v", "to_out.0"]

    private func network(
        _ targets: [String]?, rank: Int = 3, alpha: Double = 3, seed: UInt64 = 5
    ) throws -> UNet2DConditionModel {
        let config = try UNetConfig(ConfigSupport.parse(Self.config), file: "unet.json")
        let base = try UNet2DConditionModel(config: config, loader: ParameterLoader(seed: 1))
        guard let targets else { return base }
        let recipe = AdapterRecipe(rank: rank, alpha: alpha, targets: targets, seed: seed)
        return try UNet2DConditionModel(
            config: config, loader: ParameterLoader(sharing: base.parameters, adapters: recipe))
    }

    private func output(_ unet: UNet2DConditionModel) -> [Float] {
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        let stream = RandomStream(seed: 2, .noise, step: 0)
        let tape = Tape(engine: engine, isRecording: false)
        return unet.forward(
            tape, sample: tape.constant(stream.normals(shape: [2, 3, 8, 8])), timesteps: [10, 900],
            context: tape.constant(stream.normals(start: 1000, shape: [2, 5, 8]))
        ).value.floats
    }

    /// Numbers that are not zero, so that B counts.
    private func fill(_ unet: UNet2DConditionModel) {
        for (index, parameter) in unet.trainedParameters.enumerated() {
            let stream = RandomStream(seed: 9, .noise, step: index)
            parameter.replace(with: stream.normals(shape: parameter.value.shape))
        }
    }

    @Test func attentionGetsFourAdaptersABlock() throws {
        let unet = try network(Self.attention)
        let blocks = unet.parameters.filter { $0.name.hasSuffix("norm3.weight") }.count
        #expect(unet.adapters.count == 8 * blocks)
        #expect(unet.trainedParameters.count == 16 * blocks)
        let names = unet.trainedParameters.map(\.name)
        #expect(names == names.sorted(by: utf8Less) && names[0].hasSuffix("attn1.to_k.lora_A.weight"))
        #expect(try network(nil).trainedParameters.map(\.name) == unet.parameters.map(\.name))
        let text = unet.adapters.first { $0.module.hasSuffix("attn2.to_v") }
        #expect(text?.down.value.shape == [3, 8] && text?.up.value.shape == [16, 3])
    }

    @Test func convolutionsGetConvolutions() throws {
        let unet = try network(["conv_in", "downsamplers.0.conv", "conv_shortcut"])
        let shapes = unet.adapters.map { "\($0.module) \($0.down.value.shape) \($0.up.value.shape)" }
        #expect(shapes.contains("conv_in [3, 3, 3, 3] [8, 3, 1, 1]"))
        #expect(shapes.contains("down_blocks.0.downsamplers.0.conv [3, 8, 3, 3] [8, 3, 1, 1]"))
        #expect(shapes.contains { $0.hasSuffix("conv_shortcut [3, 8, 1, 1] [16, 3, 1, 1]") })
    }

    /// A is uniform in ±1/√fan-in, and its numbers do not depend on what else is adapted; B is zero, and with it the
    /// network is the one without adapters.
    @Test func theyBeginWithNothingAdded() throws {
        let unet = try network(Self.attention, rank: 64)
        #expect(output(unet) == output(try network(nil)))
        for adapter in unet.adapters {
            #expect(adapter.up.value.floats.allSatisfy { $0.bitPattern == 0 })
            let values = adapter.down.value.floats
            let bound = 1 / Float(adapter.down.value.shape[1]).squareRoot()
            #expect(values.allSatisfy { abs($0) <= bound } && values.contains { abs($0) > 0.9 * bound })
            // 512 numbers and more: the mean is within four standard deviations.
            let mean = values.reduce(0, +) / Float(values.count)
            #expect(abs(mean) < 4 * bound / Float(3 * values.count).squareRoot())
        }
        let firsts = Set(unet.adapters.map { $0.down.value.floats[0] })
        #expect(firsts.count == unet.adapters.count)
        let some = try network(["to_v"], rank: 64)
        for adapter in some.adapters {
            let same = try #require(unet.adapters.first { $0.module == adapter.module })
            #expect(adapter.down.value.floats == same.down.value.floats)
        }
        #expect(
            try network(["to_v"], rank: 64, seed: 6).adapters[0].down.value.floats != some.adapters[0].down.value.floats
        )
        // An adapter is no weight of the same seed.
        #expect(try network(["to_q"], seed: 1).adapters.allSatisfy { !firsts.contains($0.down.value.floats[0]) })
    }

    /// W + (α / rank)·B·A in another order of the same sum, and the bits of W elsewhere.
    @Test(arguments: [3.0, 4.5]) func mergedWeightsAreTheFormula(alpha: Double) throws {
        let unet = try network(Self.attention + ["conv1", "time_emb_proj"], alpha: alpha)
        fill(unet)
        let adapters = Dictionary(uniqueKeysWithValues: unet.adapters.map { ($0.module + ".weight", $0) })
        var merged = 0
        for (parameter, (name, shape, make)) in zip(unet.parameters, unet.storedWeights) {
            let (before, after) = (parameter.value.floats, make().floats)
            #expect(name == parameter.name && shape == parameter.value.shape)
            guard let adapter = adapters[name] else {
                #expect(before == after)
                continue
            }
            merged += 1
            let (a, b) = (adapter.down.value.floats.map(Double.init), adapter.up.value.floats.map(Double.init))
            let columns = after.count / shape[0]
            for index in after.indices {
                let (row, column) = (index / columns, index % columns)
                let sum = (0..<3).reversed().reduce(0.0) { $0 + b[row * 3 + $1] * a[$1 * columns + column] }
                let expected = Float(Double(before[index]) + alpha / 3 * sum)
                #expect(abs(after[index] - expected) <= expected.ulp)
            }
        }
        #expect(merged == unet.adapters.count)
        // Float32's rounding through a network of 3e5 operations a number; the scales are of order 1.
        let (adapted, plain) = (output(unet), output(try reopened(unet)))
        let norm = adapted.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        let far = zip(adapted, plain).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }.squareRoot()
        #expect(far / norm < 1e-4)
        #expect(plain != output(try network(nil)))
    }

    private func reopened(_ unet: UNet2DConditionModel) throws -> UNet2DConditionModel {
        let weights = unet.storedWeights.map { Parameter(name: $0.name, value: $0.make()) }
        return try UNet2DConditionModel(config: unet.config, loader: ParameterLoader(sharing: weights))
    }

    @Test func aTargetThatNamesNoLayerIsRefused() throws {
        let error = try #require(ConfigSupport.fault { _ = try network(["to_q", "to_ot.0"]) })
        #expect(error.key == "lora.targets[1]" && error.hint == "did you mean \"to_out.0\"?")
        for target in ["to_out", "q", "norm1", "mid_block", "o_q"] {
            let error = try #require(ConfigSupport.fault { _ = try network([target]) }, "\(target)")
            #expect(error.key == "lora.targets[0]" && error.problem == "names no layer")
        }
        let strange = try #require(ConfigSupport.fault { _ = try network(["wholly_other_name_of_things"]) })
        #expect(strange.hint?.contains("to_k, to_out.0, to_q, to_v") == true, "\(strange)")
        // The whole name and a longer end of it are as good.
        #expect(try network(["attn2.to_q"]).adapters.count == network(["to_q"]).adapters.count / 2)
        #expect(try network(["mid_block.attentions.0.proj_in"]).adapters.count == 1)
    }

    /// PEFT's file holds the matrices as they are and the scale beside them, diffusers' B times the scale; `smpo
    /// diff`'s reader comes to the merged weights' bits by either, where the scale is a power of two.
    @Test func filesComeToTheMergedWeights() throws {
        let unet = try network(Self.attention + ["conv_in"], rank: 2, alpha: 4)
        fill(unet)
        let root = NSTemporaryDirectory() + "adapters-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let writer = FolderWriter(root)
        try AdapterFiles.write(unet.adapters, try #require(unet.adapterRecipe), into: writer)
        let folder = "\(root)/\(AdapterFiles.folder)"
        let digests = try Dictionary(
            uniqueKeysWithValues: FileContents.names(in: folder).map {
                ("\(AdapterFiles.folder)/\($0)", try Digest.file("\(folder)/\($0)"))
            })
        #expect(digests.count == 3 && digests == writer.digests)
        let peft = try Checkpoint(safetensors: "\(folder)/adapter_model.safetensors")
        let diffusers = try Checkpoint(safetensors: "\(folder)/pytorch_lora_weights.safetensors")
        #expect(peft.names == unet.trainedParameters.map { "base_model.model." + $0.name })
        #expect(diffusers.names == unet.trainedParameters.map { "unet." + $0.name })
        for parameter in unet.trainedParameters {
            let values = parameter.value.floats
            #expect(try peft.float32(named: "base_model.model." + parameter.name).floats == values)
            let factor: Float = parameter.name.contains("lora_B") ? 2 : 1
            #expect(try diffusers.float32(named: "unet." + parameter.name).floats == values.map { $0 * factor })
        }
        let config = JSONCursor(try JSONValue.read("\(folder)/adapter_config.json"), name: "config")
        #expect(try config["r"].int() == 2 && config["lora_alpha"].double() == 4)
        #expect(
            try config["target_modules"].elements().map { try $0.string() } == unet.adapterRecipe?.targets)
        let base = OpenFile(
            path: "base",
            bytes: try Safetensors.encode(tensors: unet.parameters.map { ($0.name, $0.value) }))
        try AtomicFile.write(try base.bytes(0..<base.size), to: "\(folder)/base.safetensors")
        let opened = try Checkpoint(opening: "\(folder)/base.safetensors")
        for file in ["adapter_model.safetensors", "pytorch_lora_weights.safetensors"] {
            let adapter = try Checkpoint(opening: "\(folder)/\(file)")
            let effective = try AdapterComparison.sides(adapter, adapter, on: opened).left
            for (name, shape, make) in unet.storedWeights {
                let tensor = try #require(effective[name])
                let found = Tensor(uninitialized: shape)
                try tensor.bytes().read(0..<tensor.byteCount, into: found.storage.base)
                #expect(found.floats.map(\.bitPattern) == make().floats.map(\.bitPattern), "\(file) \(name)")
            }
        }
    }
}
