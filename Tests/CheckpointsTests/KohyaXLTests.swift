import Compute
import Core
import Testing

@testable import Checkpoints

/// Adapters for SDXL as kohya's scripts name them: the UNet's modules by LDM's blocks, two text encoders.
@Suite struct KohyaXLTests {
    private static let rank = 2, alpha: Float = 1

    /// The module as kohya names it, as diffusers and transformers do, and its weight's extents.
    private static let modules = [
        (
            "lora_unet_input_blocks_5_1_transformer_blocks_1_attn1_to_q",
            "unet/down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_q", 4, 4
        ),
        (
            "lora_unet_middle_block_1_transformer_blocks_0_ff_net_0_proj",
            "unet/mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj", 32, 4
        ),
        (
            "lora_unet_output_blocks_3_1_transformer_blocks_0_attn2_to_out_0",
            "unet/up_blocks.0.attentions.3.transformer_blocks.0.attn2.to_out.0", 4, 4
        ),
        (
            "lora_te1_text_model_encoder_layers_0_self_attn_v_proj", "text_encoder/encoder.layers.0.self_attn.v_proj",
            4, 4
        ),
        (
            "lora_te2_text_model_encoder_layers_1_self_attn_k_proj",
            "text_encoder_2/text_model.encoder.layers.1.self_attn.k_proj", 4, 4
        ),
    ]

    private func adapter() throws -> Checkpoint {
        var tensors: [(String, Tensor)] = []
        for (place, (name, _, rows, columns)) in Self.modules.enumerated() {
            let down = (0..<Self.rank * columns).map { Float(($0 * 7 + place) % 5) / 16 }
            let up = (0..<rows * Self.rank).map { Float(($0 * 3 + place) % 7) / 8 }
            tensors += [
                (name + ".lora_down.weight", Tensor(down, shape: [Self.rank, columns])),
                (name + ".lora_up.weight", Tensor(up, shape: [rows, Self.rank])),
                (name + ".alpha", Tensor([Self.alpha], shape: [])),
            ]
        }
        return try Checkpoint(safetensors: OpenFile(path: "kohya", bytes: try Safetensors.encode(tensors: tensors)))
    }

    private func merged(onto base: String) throws -> Checkpoint {
        let own = try adapter()
        return try AdapterComparison.sides(own, own, on: try ModelContentsTests.opened(base)).left
    }

    @Test func modulesAreFoundInAFolderByLDMsBlocks() throws {
        let (base, own, made) = (
            try ModelContentsTests.opened("sdxl.folder"), try adapter(), try merged(onto: "sdxl.folder")
        )
        let changed = Set(Self.modules.map { $0.1 + ".weight" })
        for tensor in base.tensors {
            let result = try #require(made[tensor.name])
            guard changed.contains(tensor.name) else {
                #expect(try allBytes(result) == allBytes(tensor), "\(tensor.name)")
                continue
            }
            let (kohya, _, rows, columns) = try #require(Self.modules.first { $0.1 + ".weight" == tensor.name })
            let down = try own.float32(named: kohya + ".lora_down.weight").floats
            let up = try own.float32(named: kohya + ".lora_up.weight").floats
            let weight = try base.float32(named: tensor.name, shape: [rows, columns]).floats
            let sum = (0..<rows * columns).map { index in
                var product = Double(0)
                for k in 0..<Self.rank {
                    product += Double(up[index / columns * Self.rank + k]) * Double(down[k * columns + index % columns])
                }
                return Float(Double(weight[index]) + Double(Self.alpha) / Double(Self.rank) * product)
            }
            // Rounded once more, to the base's F16.
            let expected = FloatConversion.float32(FloatConversion.float16(Tensor(sum, shape: [rows, columns])))
            #expect(try made.float32(named: tensor.name).floats == expected?.floats, "\(tensor.name)")
        }
    }

    /// Its text encoder joins q, k and v.
    @Test func aSingleFileIsMergedAsItsFolderIs() throws {
        let single = try ModelContents(try merged(onto: "sdxl.single"))
        let folder = try ModelContents(try merged(onto: "sdxl.folder"))
        #expect(single.tensors.map(\.path) == folder.tensors.map(\.path))
        for component in folder.components {
            #expect(try single.component(component).weightsDigest() == folder.component(component).weightsDigest())
        }
    }

    @Test func aModuleThatTheBaseDoesNotHaveIsNamed() throws {
        let down = ("lora_unet_input_blocks_1_1_proj_in.lora_down.weight", Tensor([1, 2], shape: [1, 2]))
        let up = ("lora_unet_input_blocks_1_1_proj_in.lora_up.weight", Tensor([1, 2], shape: [2, 1]))
        let own = try Checkpoint(inMemory: [down, up])
        let error = checkpointError {
            _ = try AdapterComparison.sides(own, own, on: try ModelContentsTests.opened("sdxl.folder"))
        }
        #expect(error?.kind == .adapter && error?.tensor == "lora_unet_input_blocks_1_1_proj_in")
    }
}
