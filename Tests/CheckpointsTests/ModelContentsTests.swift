import Compute
import Core
import SeededRandom
import Testing

@testable import Checkpoints

/// Against models that diffusers and transformers saved, beside the same weights under LDM's names, which diffusers' own
/// reader took back (`Fixtures/layouts/make_layouts.py`).
@Suite struct ModelContentsTests {
    static func opened(_ name: String) throws -> Checkpoint {
        try Checkpoint(opening: "\(fixtures)/layouts/\(name).safetensors")
    }

    @Test(arguments: ["sd", "sdxl"]) func aSingleFileHasTheTensorsOfItsFolder(_ name: String) throws {
        let single = try ModelContents(try Self.opened("\(name).single"))
        let folder = try ModelContents(try Self.opened("\(name).folder"))
        #expect(single.isForeign && !folder.isForeign)
        #expect(single.components == folder.components)
        #expect(single.tensors.map(\.path) == folder.tensors.map(\.path))
        for (left, right) in zip(single.tensors, folder.tensors) {
            #expect(left.tensor.shape == right.tensor.shape, "\(left.path)")
            #expect(try allBytes(left.tensor) == allBytes(right.tensor), "\(left.path)")
        }
        #expect(folder.besides.isEmpty && folder.isOlder)
        for component in single.components {
            #expect(try single.component(component).weightsDigest() == folder.component(component).weightsDigest())
        }
    }

    @Test func whatHasNoCounterpartIsNamed() throws {
        let besides = try ModelContents(try Self.opened("sd.single")).besides
        #expect(
            besides.map(\.tensor.name) == [
                "alphas_cumprod", "betas", "cond_stage_model.transformer.text_model.embeddings.position_ids",
            ])
        #expect(besides.allSatisfy { $0.kind == .buffer })
        let others = try ModelContents(try Self.opened("sdxl.single")).besides
        #expect(others.map(\.tensor.name) == ["conditioner.embedders.1.model.logit_scale", "denoiser.sigmas"])
    }

    @Test func layoutsHaveTheirNames() throws {
        func layout(_ names: [String]) throws -> String {
            try ModelContents(try Checkpoint(inMemory: names.map { ($0, Tensor([1], shape: [1])) })).layout
        }
        #expect(try ModelContents(try Self.opened("sd.single")).layout.contains("Stable Diffusion 1.x"))
        #expect(try ModelContents(try Self.opened("sdxl.single")).layout.contains("Stable Diffusion XL"))
        #expect(try layout(["transformer.resblocks.0.ln_1.weight"]) == "open_clip's names")
        #expect(try layout(["encoder.down.0.block.0.norm1.weight"]) == "LDM's names of the vae")
        #expect(try layout(["down_blocks.0.resnets.0.norm1.weight"]) == "diffusers' names")
        #expect(try layout(["x", "y.lora_A.weight"]) == "names of no layout that is known")
    }

    // MARK: Averaged weights

    private func withAverage(leavingOut left: String? = nil) throws -> Checkpoint {
        let single = try Self.opened("sd.single")
        let average = single.tensors.filter { $0.name.hasPrefix("model.") && $0.name != left }.map { tensor in
            // LitEma: the name below the module, its dots removed.
            let name = "model_ema." + tensor.name.dropFirst("model.".count).split(separator: ".").joined()
            return CheckpointTensor(
                name: name, type: tensor.type, shape: tensor.shape,
                source: .memory(Storage(byteCount: tensor.byteCount), offset: 0))
        }
        let decay = CheckpointTensor(name: "model_ema.decay", Tensor([0.9999], shape: []))
        return try Checkpoint(
            path: "ema", container: "memory", tensors: single.tensors + average + [decay])
    }

    @Test func averagedWeightsTakeThePlaceOfTheTrainedOnesWhereTheyAreChosen() throws {
        let checkpoint = try withAverage()
        let plain = try ModelContents(checkpoint)
        let average = try ModelContents(checkpoint, weights: .ema)
        #expect(plain.hasAverage)
        #expect(plain.tensors.map(\.path) == average.tensors.map(\.path))
        let unet = plain.tensors.filter { $0.component == "unet" }
        for side in [plain, average] {
            #expect(side.besides.count { $0.kind == .otherWeights } == unet.count)
            #expect(side.besides.contains { $0.tensor.name == "model_ema.decay" && $0.kind == .buffer })
        }
        for (left, right) in zip(plain.tensors, average.tensors) {
            let isAverage = left.component == "unet"
            #expect(right.stored.name.hasPrefix("model_ema.") == isAverage)
            if !isAverage { #expect(try allBytes(left.tensor) == allBytes(right.tensor)) }
        }
    }

    @Test func anAverageThatIsNotWholeIsRefused() throws {
        let name = "model.diffusion_model.middle_block.1.norm.weight"
        let cut = try withAverage(leavingOut: name)
        let error = checkpointError { _ = try ModelContents(cut, weights: .ema) }
        #expect(error?.tensor == "model_ema.diffusion_modelmiddle_block1normweight")
        let none = try Self.opened("sd.single")
        #expect(checkpointError { _ = try ModelContents(none, weights: .ema) }?.kind == .missingTensor)
    }

    /// As files are that somebody took the trained weights out of.
    @Test(arguments: ["sd", "sdxl"]) func anAverageAloneIsTheUNetWhereItIsChosen(_ name: String) throws {
        let single = try Self.opened("\(name).single")
        func averaged(_ tensor: CheckpointTensor) -> CheckpointTensor {
            guard tensor.name.hasPrefix("model.") else { return tensor }
            return tensor.named("model_ema." + tensor.name.dropFirst("model.".count).filter { $0 != "." })
        }
        let alone = try Checkpoint(path: "alone", container: "memory", tensors: single.tensors.map(averaged))
        let plain = try ModelContents(alone)
        #expect(!plain.components.contains("unet") && plain.hasAverage)
        #expect(checkpointError { _ = try plain.component("unet") }?.hint?.contains("choose ema") == true)
        let (ema, whole) = (try ModelContents(alone, weights: .ema), try ModelContents(single))
        #expect(ema.tensors.map(\.path) == whole.tensors.map(\.path))
        for (left, right) in zip(ema.tensors, whole.tensors) {
            #expect(try allBytes(left.tensor) == allBytes(right.tensor), "\(left.path)")
        }
        #expect(ema.besides.map(\.tensor.name) == whole.besides.map(\.tensor.name))
        for wrong in ["model_ema.diffusion_modelinput_blocks0weight", "model_ema.diffusion_modelfoo1weight"] {
            let odd = try Checkpoint(
                path: "odd", container: "memory",
                tensors: alone.tensors + [CheckpointTensor(name: wrong, Tensor([1], shape: [1]))])
            #expect(checkpointError { _ = try ModelContents(odd, weights: .ema) }?.tensor == wrong)
        }
    }

    @Test func namesOfAveragedWeightsGetTheirDotsBack() {
        for name in [
            "input_blocks.0.0.weight", "input_blocks.11.0.in_layers.2.weight", "output_blocks.10.2.conv.bias",
            "input_blocks.4.1.transformer_blocks.10.attn1.to_out.0.bias",
            "middle_block.1.transformer_blocks.0.norm3.weight",
            "input_blocks.1.1.transformer_blocks.0.ff.net.0.proj.weight", "time_embed.2.bias", "label_emb.0.2.weight",
            "out.0.weight", "input_blocks.3.0.op.weight", "output_blocks.5.1.norm.bias",
            "middle_block.2.skip_connection.weight",
        ] {
            let whole = "model.diffusion_model." + name
            #expect(AveragedName.weight("model_ema.diffusion_model" + name.filter { $0 != "." }) == whole)
        }
        #expect(AveragedName.weight("model_ema.decay") == nil)
    }

    // MARK: Parts and faults

    @Test func aFileWithSomeBlocksIsCountedAsTheWholeIs() throws {
        let whole = try Self.opened("sdxl.single")
        let kept = ["model.diffusion_model.input_blocks.6.", "model.diffusion_model.output_blocks.5."]
        let part = try Checkpoint(
            path: "part", container: "memory",
            tensors: whole.tensors.filter { tensor in kept.contains { tensor.name.hasPrefix($0) } })
        let alone = try ModelContents(part)
        #expect(alone.tensors.isEmpty && alone.besides.allSatisfy { $0.kind == .unknown })
        let folder = try ModelContents(try Self.opened("sdxl.folder"))
        let completed = try ModelContents(part, completedBy: folder)
        #expect(completed.besides.isEmpty)
        #expect(
            Set(completed.tensors.map { $0.path.split(separator: ".").prefix(2).joined(separator: ".") })
                == ["unet/down_blocks.1", "unet/up_blocks.1"])
    }

    @Test func twoTensorsOfOneMeaningAreRefused() throws {
        let one = Tensor([1], shape: [1])
        let doubled = try Checkpoint(inMemory: [
            ("vae/decoder.mid_block.attentions.0.query.bias", one),
            ("vae/decoder.mid_block.attentions.0.to_q.bias", one),
        ])
        #expect(checkpointError { _ = try ModelContents(doubled) }?.kind == .duplicateName)
    }

    @Test func joinedRowsAndTransposedProjectionsKeepTheirElements() throws {
        let (width, embed) = (2, 3)
        let joined = (0..<3 * width * width).map(Float.init), projection = (0..<width * embed).map(Float.init)
        let openCLIP = try Checkpoint(inMemory: [
            ("transformer.resblocks.0.attn.in_proj_weight", Tensor(joined, shape: [3 * width, width])),
            ("text_projection", Tensor(projection, shape: [width, embed])),
        ])
        let contents = try ModelContents(openCLIP)
        let byName = Dictionary(uniqueKeysWithValues: contents.tensors.map { ($0.tensor.name, $0) })
        for (part, letter) in ["q", "k", "v"].enumerated() {
            let tensor = try #require(byName["text_model.encoder.layers.0.self_attn.\(letter)_proj.weight"])
            let numbers = try contents.component("text_encoder").float32(named: tensor.tensor.name)
            #expect(numbers.floats == Array(joined[part * 4..<part * 4 + 4]))
            #expect(tensor.storedName == "transformer.resblocks.0.attn.in_proj_weight[\(2 * part):\(2 * part + 2)]")
            #expect(tensor.transform.storedIndex(3, common: [2, 2]) == 4 * part + 3)
        }
        let turned = try #require(byName["text_projection.weight"])
        let numbers = try contents.component("text_encoder").float32(named: "text_projection.weight", shape: [3, 2])
        for index in 0..<6 {
            let stored = turned.transform.storedIndex(index, common: [3, 2])
            #expect(numbers.floats[index] == projection[stored])
        }
    }

    @Test func aTensorOfAnotherShapeThanItsNameSaysIsRefused() throws {
        for (name, shape) in [
            ("transformer.resblocks.0.attn.in_proj_weight", [4, 2]), ("transformer.resblocks.0.attn.in_proj_bias", []),
            ("text_projection", [2]), ("text_projection", [2, 0]), ("text_projection", [1 << 62, 0]),
            ("transformer.resblocks.0.attn.in_proj_weight", [0, 1 << 40, 1 << 40]),
        ] {
            let count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
            let tensors = [
                CheckpointTensor(name: "transformer.resblocks.0.ln_1.weight", Tensor([1], shape: [1])),
                CheckpointTensor(
                    name: name, type: ElementType(.f32), shape: shape,
                    source: .memory(Storage(byteCount: 4 * count), offset: 0)),
            ]
            let checkpoint = try Checkpoint(path: "x", container: "memory", tensors: tensors)
            #expect(checkpointError { _ = try ModelContents(checkpoint) }?.kind == .shape, "\(name) \(shape)")
        }
    }

    @Test func damagedFilesAreRefusedOrReadWhole() throws {
        var mutator = Mutator(seed: 20)
        var counts = (read: 0, refused: 0)
        for name in ["sd.single", "sdxl.single"] {
            let original = try FileContents.read("\(fixtures)/layouts/\(name).safetensors")
            let header = 8 + Int(original.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
            let words = ["blocks", "block", ".0.", ".1.", ".512.", "attn", "resblocks", "[0,", "[2,", "F16", "F32"]
                .map { Array($0.utf8) }
            for _ in 0..<60 {
                let bytes = mutator.damaged(original, in: 8..<header, words: words)
                do {
                    let checkpoint = try Checkpoint(safetensors: OpenFile(path: "damaged", bytes: bytes))
                    let contents = try ModelContents(checkpoint)
                    // Joined tensors are three, all others one; none is lost.
                    let stored = Set(contents.tensors.map(\.stored.name) + contents.besides.map(\.tensor.name))
                    #expect(stored.count == checkpoint.tensors.count)
                    for tensor in contents.tensors { _ = try allBytes(tensor.tensor) }
                    counts.read += 1
                } catch is CheckpointError {
                    counts.refused += 1
                }
            }
        }
        #expect(counts.read > 10 && counts.refused > 40, "\(counts)")
    }
}
