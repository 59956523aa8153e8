import Compute
import Core
import Testing

@testable import Checkpoints

/// Adapters written in other programs' names, on the model of `Fixtures/layouts` that diffusers saved.
@Suite struct AdapterConversionTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private static let modules: [(name: String, kohya: String, rows: Int, columns: Int, rank: Int, alpha: Float)] = [
        (
            "unet.down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_q",
            "lora_unet_input_blocks_5_1_transformer_blocks_1_attn1_to_q", 4, 4, 2, 1
        ),
        (
            "unet.mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj",
            "lora_unet_middle_block_1_transformer_blocks_0_ff_net_0_proj", 32, 4, 3, 0.3
        ),
        (
            "text_encoder.text_model.encoder.layers.0.self_attn.v_proj",
            "lora_te1_text_model_encoder_layers_0_self_attn_v_proj", 4, 4, 2, 1
        ),
        (
            "text_encoder_2.text_model.encoder.layers.1.self_attn.k_proj",
            "lora_te2_text_model_encoder_layers_1_self_attn_k_proj", 4, 4, 1, 8
        ),
    ]

    private func base(_ name: String = "sdxl.folder") throws -> Checkpoint { try ModelContentsTests.opened(name) }

    /// An adapter in kohya's names; `keeping` chooses modules.
    private func kohya(keeping: (String) -> Bool = { _ in true }) throws -> Checkpoint {
        var tensors: [(String, Tensor)] = []
        for (place, module) in Self.modules.enumerated() where keeping(module.name) {
            let down = (0..<module.rank * module.columns).map { Float(($0 * 7 + place) % 5) / 16 }
            let up = (0..<module.rows * module.rank).map { Float(($0 * 3 + place) % 7) / 8 }
            tensors += [
                (module.kohya + ".lora_down.weight", Tensor(down, shape: [module.rank, module.columns])),
                (module.kohya + ".lora_up.weight", Tensor(up, shape: [module.rows, module.rank])),
                (module.kohya + ".alpha", Tensor([module.alpha], shape: [])),
            ]
        }
        return try Checkpoint(safetensors: OpenFile(path: "kohya", bytes: try Safetensors.encode(tensors: tensors)))
    }

    private func convert(_ input: Checkpoint, _ layout: AdapterLayout, to name: String, _ base: Checkpoint) throws
        -> String
    {
        let output = "\(scratch.path)/\(name)"
        let (before, after) = try AdapterConversion(input, for: base, as: layout).run(to: output)
        #expect(before == after)
        return output
    }

    private func requireEqual(_ left: Checkpoint, _ right: Checkpoint) throws {
        #expect(left.names == right.names)
        for (a, b) in zip(left.tensors, right.tensors) {
            #expect(a.type == b.type && a.shape == b.shape, "\(a.name)")
            #expect(try allBytes(a) == allBytes(b), "\(a.name)")
        }
    }

    @Test(arguments: ["sdxl.folder", "sdxl.single"])
    func kohyasFileBecomesDiffusersFileAndComesBack(_ name: String) throws {
        let (base, own) = (try base(name), try kohya())
        let output = try convert(own, .diffusers, to: "diffusers.safetensors", base)
        let adapters = try LowRankAdapter.adapters(in: try Checkpoint(opening: output))
        let modules = try #require(adapters.first).modules
        #expect(adapters.count == 1 && modules.map(\.name) == Self.modules.map(\.name).sorted(by: utf8Less))
        for module in modules {
            let from = try #require(Self.modules.first { $0.name == module.name })
            #expect(module.scale == Double(from.alpha) / Double(from.rank) && module.rank == from.rank)
        }
        let back = try convert(try Checkpoint(opening: output), .kohya, to: "back.safetensors", base)
        try requireEqual(try Checkpoint(opening: back), own)
    }

    @Test func anAdapterOfOnePartBecomesPEFTsFolderAndComesBack() throws {
        let own = try kohya { $0.hasPrefix("unet.") }
        let output = try convert(own, .peft, to: "peft", try base())
        #expect(try FileContents.names(in: output).sorted() == ["adapter_config.json", "adapter_model.safetensors"])
        #expect(
            try Checkpoint(opening: output).names
                == Self.modules.prefix(2).flatMap { module in
                    ["A", "B"].map { "base_model.model.\(module.name.dropFirst("unet.".count)).lora_\($0).weight" }
                })
        let back = try convert(try Checkpoint(opening: output), .kohya, to: "back.safetensors", try base())
        try requireEqual(try Checkpoint(opening: back), own)
        // What both add to the model is the same in every bit.
        let merged = try AdapterComparison.sides(own, try Checkpoint(opening: output), on: try base())
        try requireEqual(merged.left, merged.right)
    }

    @Test func whatIsNotOneAdapterOfTheBaseIsRefused() throws {
        func fault(_ input: Checkpoint, _ layout: AdapterLayout, _ base: Checkpoint) -> CheckpointError? {
            checkpointError { _ = try AdapterConversion(input, for: base, as: layout) }
        }
        let several = fault(try kohya(), .peft, try base())
        #expect(several?.found == "text_encoder, text_encoder_2, unet")
        #expect(fault(try base(), .kohya, try base())?.problem == "no adapter")
        // SD 1.5's model has another structure.
        #expect(fault(try kohya(), .kohya, try base("sd.folder"))?.tensor?.hasPrefix("lora_") == true)
        let wide = try Checkpoint(
            inMemory: [
                ("unet.conv_in.lora_A.weight", Tensor([1, 2, 3], shape: [1, 3])),
                ("unet.conv_in.lora_B.weight", Tensor([1, 2], shape: [2, 1])),
            ])
        #expect(fault(wide, .kohya, try base())?.problem.contains("does not fit") == true)
        let dora = try Checkpoint(
            inMemory: [
                ("unet.conv_in.lora_A.weight", Tensor([1, 2, 3], shape: [1, 3])),
                ("unet.conv_in.lora_B.weight", Tensor([1, 2], shape: [2, 1])),
                ("unet.conv_in.lora_magnitude_vector", Tensor([1, 2], shape: [2])),
            ])
        #expect(fault(dora, .kohya, try base())?.found == "DoRA")
        #expect(try FileContents.names(in: scratch.path).isEmpty)
    }
}
