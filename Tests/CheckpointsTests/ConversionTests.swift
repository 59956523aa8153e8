import Compute
import Core
import Foundation
import Testing

@testable import Checkpoints

/// Files that diffusers' reader took for one model (`Fixtures/layouts/make_layouts.py`), made of each other.
@Suite struct ConversionTests {
    private let scratch: ScratchFolder
    private let out: String

    init() throws {
        scratch = try ScratchFolder()
        out = scratch.path + "/out"
    }

    private func opened(_ name: String) throws -> Checkpoint {
        try Checkpoint(opening: "\(fixtures)/layouts/\(name).safetensors")
    }

    private func convert(
        _ input: Checkpoint, to output: String, _ choose: (inout ConversionPlan.Choices) -> Void = { _ in }
    ) throws -> (plan: ConversionPlan, proofs: [Conversion.Proof]) {
        var choices = ConversionPlan.Choices()
        choose(&choices)
        let plan = try ConversionPlan(input, to: output, choices)
        return (plan, try Conversion(plan).run(to: output))
    }

    /// A folder of configurations, which are copied as they are.
    private func configurations() throws -> String {
        let folder = scratch.path + "/configurations"
        for path in [
            "unet/config.json", "vae/config.json", "text_encoder/config.json", "text_encoder_2/config.json",
            "tokenizer/vocab.json", "scheduler/scheduler_config.json", "safety_checker/config.json", "model_index.json",
        ] {
            try FileContents.makeFolder(AtomicFile.folder(of: "\(folder)/\(path)"))
            try AtomicFile.write("{\"path\": \"\(path)\"}", to: "\(folder)/\(path)")
        }
        return folder
    }

    private func requireEqual(_ left: Checkpoint, _ right: Checkpoint) throws {
        #expect(left.names == right.names)
        for (a, b) in zip(left.tensors, right.tensors) {
            #expect(a.type == b.type && a.shape == b.shape, "\(a.name)")
            #expect(try allBytes(a) == allBytes(b), "\(a.name)")
        }
    }

    @Test(arguments: ["sd", "sdxl"]) func aFolderBecomesTheSingleFileThatDiffusersReads(_ name: String) throws {
        let output = out + ".safetensors"
        let (plan, proofs) = try convert(try opened("\(name).folder"), to: output)
        #expect(plan.layout == .ldm && proofs.allSatisfy { $0.before == $0.after })
        #expect(proofs.map(\.part) == plan.contents.components)
        let buffers = ["betas", "alphas_cumprod", "denoiser.sigmas"]
        let single = try opened("\(name).single")
        let expected = try Checkpoint(
            path: "expected", container: "safetensors",
            tensors: single.tensors.filter {
                !buffers.contains($0.name) && !$0.name.hasSuffix("position_ids") && !$0.name.hasSuffix("logit_scale")
            })
        try requireEqual(try Checkpoint(opening: output), expected)
        #expect(try FileContents.names(in: scratch.path) == ["out.safetensors"])
    }

    /// Stopped while it writes, or while it reads again, a conversion leaves nothing, of a folder neither.
    @Test func whatIsStoppedLeavesNothing() throws {
        struct Stopped: Error {}
        let configuration = try configurations()
        var choices = ConversionPlan.Choices()
        choices.configuration = configuration
        let input = try opened("sd.single")
        let plan = try ConversionPlan(input, to: out, choices)
        var asked = 0
        _ = try Conversion(plan, proceed: { asked += 1 }).run(to: out)
        #expect(asked > 2 * plan.contents.tensors.count)
        try FileManager.default.removeItem(atPath: out)
        for last in [0, 5, plan.contents.tensors.count + 5] {
            var left = last
            #expect(throws: Stopped.self) {
                try Conversion(
                    plan,
                    proceed: {
                        left -= 1
                        if left < 0 { throw Stopped() }
                    }
                ).run(to: out)
            }
            #expect(try FileContents.names(in: scratch.path) == ["configurations"])
        }
    }

    @Test(arguments: ["sd", "sdxl"]) func aSingleFileBecomesTheFolderThatDiffusersSaved(_ name: String) throws {
        let configuration = try configurations()
        let (plan, proofs) = try convert(try opened("\(name).single"), to: out) {
            $0.configuration = configuration
            $0.variant = "fp16"
        }
        #expect(proofs.allSatisfy { $0.before == $0.after } && proofs.count == plan.contents.components.count)
        #expect(FileContents.exists("\(out)/unet/diffusion_pytorch_model.fp16.safetensors"))
        #expect(FileContents.exists("\(out)/tokenizer/vocab.json") && !FileContents.exists("\(out)/safety_checker"))
        let written = try ModelContents(try Checkpoint(opening: out))
        let folder = try ModelContents(try opened("\(name).folder"))
        #expect(written.tensors.map(\.path) == folder.tensors.map(\.path) && !written.isOlder)
        for component in folder.components {
            #expect(try written.component(component).weightsDigest() == folder.component(component).weightsDigest())
        }
        // A buffer that the folder has a name for is there; the others are named.
        let left = Set(plan.leftOut.map(\.name))
        #expect(
            left
                == (name == "sd"
                    ? ["alphas_cumprod", "betas"]
                    : ["conditioner.embedders.1.model.logit_scale", "denoiser.sigmas"]))
        #expect(written.besides.count == (name == "sd" ? 1 : 0))
    }

    @Test func elementTypesAreConvertedAndProved() throws {
        let wide = out + "-f32.safetensors", narrow = out + "-f16.safetensors"
        let single = try opened("sd.single")
        _ = try convert(single, to: wide) { $0.dtype = .f32 }
        let read = try Checkpoint(opening: wide)
        #expect(Set(read.tensors.map(\.type.name)) == ["F32", "I64"])
        _ = try convert(read, to: narrow) { $0.dtype = .f16 }
        let back = try Checkpoint(opening: narrow)
        for tensor in single.tensors where tensor.type.name == "F16" {
            #expect(try allBytes(tensor) == allBytes(try #require(back[tensor.name])), "\(tensor.name)")
        }
    }

    @Test func aNumberBeyondTheTypeIsRefusedAndNothingIsLeft() throws {
        let large = try Checkpoint(inMemory: [
            ("a", Tensor([1, 2], shape: [2])), ("x", Tensor([1, 65520], shape: [2])),
        ])
        let error = checkpointError { _ = try convert(large, to: out + ".safetensors") { $0.dtype = .f16 } }
        #expect(error?.kind == .nonFinite && error?.tensor == "x")
        #expect(try FileContents.names(in: scratch.path).isEmpty)
        _ = try convert(large, to: out + ".safetensors")
        #expect(try FileContents.names(in: scratch.path) == ["out.safetensors"])
    }

    @Test func containersAreConvertedAsTheyAre() throws {
        for name in ["torch-lightning-5.ckpt", "torch-old.pt", "python.gguf"] {
            let input = try Checkpoint(opening: "\(fixtures)/\(name)")
            let output = "\(out)-\(name).safetensors"
            let isWritten = input.tensors.allSatisfy { $0.type.dtype != nil }
            guard isWritten else {
                let error = checkpointError { _ = try convert(input, to: output) }
                #expect(error?.kind == .dtype, "\(name)")
                continue
            }
            let (plan, proofs) = try convert(input, to: output)
            #expect(plan.layout == .same && proofs.map(\.part) == [""])
            try requireEqual(try Checkpoint(opening: output), input)
        }
    }

    @Test func openCLIPAndTransformersAreEachOthers() throws {
        let folder = try opened("sdxl.folder")
        let encoder = try Checkpoint(
            path: "text_encoder_2", container: "safetensors",
            tensors: folder.tensors.filter { $0.name.hasPrefix("text_encoder_2/") }.map {
                $0.named(String($0.name.dropFirst("text_encoder_2/".count)))
            })
        let (there, back) = (out + "-there.safetensors", out + "-back.safetensors")
        _ = try convert(encoder, to: there) { $0.layout = .openCLIP }
        let single = try opened("sdxl.single")
        let prefix = "conditioner.embedders.1.model."
        let expected = try Checkpoint(
            path: "expected", container: "safetensors",
            tensors: single.tensors.filter { $0.name.hasPrefix(prefix) && !$0.name.hasSuffix("logit_scale") }.map {
                $0.named(String($0.name.dropFirst(prefix.count)))
            })
        try requireEqual(try Checkpoint(opening: there), expected)
        _ = try convert(try Checkpoint(opening: there), to: back) { $0.layout = .diffusers }
        try requireEqual(try Checkpoint(opening: back), encoder)
    }

    @Test func whatCannotBeWrittenLeavesEverythingAsItWas() throws {
        let single = try opened("sd.single")
        // No configuration anywhere.
        #expect(checkpointError { _ = try convert(single, to: out) }?.hint?.contains("--configuration") == true)
        // A folder that holds something.
        try FileContents.makeFolder(out)
        try AtomicFile.write("mine", to: out + "/mine")
        let configuration = try configurations()
        #expect(throws: FileError.self) { try convert(single, to: out) { $0.configuration = configuration } }
        #expect(try FileContents.names(in: out) == ["mine"])
        // What is no regular file, and what a layout does not take.
        let pipe = scratch.path + "/pipe.safetensors"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: FileError.self) { try convert(single, to: pipe) }
        for (layout, output) in [(ModelLayout.ldm, out + "-2"), (.same, out + "-2"), (.openCLIP, out + ".safetensors")]
        {
            #expect(checkpointError { _ = try convert(single, to: output) { $0.layout = layout } }?.kind == .layout)
        }
        #expect(try FileContents.names(in: scratch.path) == ["configurations", "out", "pipe.safetensors"])
    }

    @Test func aPartOfJoinedTensorsIsNotEnough() throws {
        let folder = try opened("sdxl.folder")
        let cut = try Checkpoint(
            path: "cut", container: "pipeline folder",
            tensors: folder.tensors.filter {
                $0.name != "text_encoder_2/text_model.encoder.layers.0.self_attn.v_proj.bias"
            })
        let error = checkpointError { _ = try convert(cut, to: out + ".safetensors") }
        #expect(error?.kind == .layout && error?.problem.contains("in_proj_bias") == true)
    }

    /// Each text encoder's places: LDM's file has room for those of the first.
    @Test func aBufferWithoutAPlaceIsNamed() throws {
        let places = ["text_encoder", "text_encoder_2"].map {
            CheckpointTensor(name: "\($0)/text_model.embeddings.position_ids", Tensor([0, 1], shape: [1, 2]))
        }
        let input = try Checkpoint(
            path: "folder", container: "folder", tensors: try opened("sdxl.folder").tensors + places)
        let (plan, _) = try convert(input, to: out + ".safetensors")
        #expect(plan.leftOut.map(\.name) == ["text_encoder_2/text_model.embeddings.position_ids"])
        #expect(
            try Checkpoint(opening: out + ".safetensors").names.filter { $0.hasSuffix("position_ids") }
                == ["conditioner.embedders.0.transformer.text_model.embeddings.position_ids"])
    }
}
