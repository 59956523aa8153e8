import Compute
import Core
import Foundation
import Testing

@testable import Checkpoints
@testable import Comparison

/// Two layouts of one model, compared by meaning: files that diffusers saved, beside LDM's names
/// (`CheckpointsTests/Fixtures/layouts/make_layouts.py`).
@Suite struct LayoutComparisonTests {
    private static let folder =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "CheckpointsTests/Fixtures/layouts").path

    private func opened(_ name: String) throws -> Checkpoint {
        try Checkpoint(opening: "\(Self.folder)/\(name).safetensors")
    }

    private func compare(
        _ left: Checkpoint, _ right: Checkpoint, _ policy: DifferencePolicy = DifferencePolicy(),
        weights: WeightsChoice? = nil
    ) throws -> CheckpointDifference {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        var comparison = CheckpointComparison(engine: engine, policy: policy)
        comparison.weights = weights
        return try comparison.compare(left, right)
    }

    /// The checkpoint with other bytes in a tensor.
    private func changed(
        _ checkpoint: Checkpoint, _ name: String, _ change: (UnsafeMutableRawPointer) -> Void
    ) throws -> Checkpoint {
        try Checkpoint(
            path: checkpoint.path, container: checkpoint.container,
            tensors: checkpoint.tensors.map { tensor in
                guard tensor.name == name else { return tensor }
                let storage = Storage(byteCount: tensor.byteCount)
                try tensor.bytes().read(0..<tensor.byteCount, into: storage.base)
                change(storage.base)
                return CheckpointTensor(
                    name: name, type: tensor.type, shape: tensor.shape, source: .memory(storage, offset: 0))
            })
    }

    private func without(_ checkpoint: Checkpoint, _ prefix: String) throws -> Checkpoint {
        try Checkpoint(
            path: checkpoint.path, container: checkpoint.container,
            tensors: checkpoint.tensors.filter { !$0.name.hasPrefix(prefix) }, files: checkpoint.files)
    }

    @Test(arguments: [("sd", 440), ("sdxl", 777)])
    func equalWeightsAreTheSameInAnotherLayout(_ name: String, _ pairs: Int) throws {
        let (single, folder) = (try opened("\(name).single"), try opened("\(name).folder"))
        for (a, b) in [(single, folder), (folder, single)] {
            let report = try compare(a, b, DifferencePolicy(ignoresMetadata: true))
            #expect(report.verdict == .relaid && report.verdict.status == .passed)
            #expect(report.layouts?.pairs == pairs && report.differing.isEmpty)
            #expect(report.layouts?.unpaired.count == 3 - (name == "sd" ? 0 : 1))
            let read = try CheckpointDifference(json: JSONCursor(report.json, name: "report"))
            #expect(read.verdict == .relaid && read.layouts == report.layouts)
            #expect(report.finding().unchecked.contains { $0.what.contains("(") })
        }
    }

    @Test func oneLayoutIsComparedAsItIs() throws {
        let single = try opened("sdxl.single")
        let report = try compare(single, single)
        #expect(report.verdict == .identical && report.layouts == nil)
        // A part of it too.
        let part = try without(single, "first_stage_model.")
        #expect(try compare(part, single).layouts == nil)
    }

    /// The value's place in each side's own tensor.
    @Test func aChangedElementIsNamedInBothLayouts() throws {
        let (single, folder) = (try opened("sdxl.single"), try opened("sdxl.folder"))
        for (stored, place, other, otherPlace) in [
            // v is the third part of the joined rows: width 4, so 2·16 elements before it.
            (
                "conditioner.embedders.1.model.transformer.resblocks.1.attn.in_proj_weight", 2 * 16 + 5,
                "text_encoder_2/text_model.encoder.layers.1.self_attn.v_proj.weight", 5
            ),
            (
                "conditioner.embedders.1.model.text_projection", 1 * 4 + 2,
                "text_encoder_2/text_projection.weight", 2 * 4 + 1
            ),
            (
                "first_stage_model.decoder.mid.attn_1.k.weight", 7,
                "vae/decoder.mid_block.attentions.0.to_k.weight", 7
            ),
        ] {
            let left = try changed(single, stored) { base in
                let bits = base.loadUnaligned(fromByteOffset: 2 * place, as: UInt16.self)
                base.storeBytes(of: bits ^ 1, toByteOffset: 2 * place, as: UInt16.self)
            }
            let report = try compare(left, folder)
            #expect(report.verdict == .different && report.differing.count == 1)
            let tensor = try #require(report.differing.first)
            #expect(tensor.name.hasPrefix(stored) && tensor.counterpart?.name == other)
            #expect(tensor.measures?.maxULP.amount == 1 && tensor.measures?.unequal == 1)
            #expect(tensor.measures?.maxULP.index == place && tensor.counterpart?.ulpIndex == otherPlace)
            let text = CheckpointDifferenceText(report).text
            #expect(text.contains(stored) && text.contains(other))
            #expect(text.contains(place == otherPlace ? "at [\(place)]" : "A's [\(place)], B's [\(otherPlace)]"))
            // The other way round.
            let back = try #require(try compare(folder, left).differing.first)
            #expect(back.name == other && back.measures?.maxULP.index == otherPlace)
            #expect(back.counterpart?.ulpIndex == place)
            let read = try CheckpointDifference(json: JSONCursor(report.json, name: "report"))
            #expect(read.differing.first?.counterpart == tensor.counterpart)
        }
    }

    /// A network that the pipeline's index names is a part of the model, whether its names are known or not.
    @Test func aPartThatIsNotKnownIsNotBesides() throws {
        let (single, folder) = (try opened("sd.single"), try opened("sd.folder"))
        func compared(with part: String, named: Bool) throws -> CheckpointDifference {
            let more = try Checkpoint(
                path: folder.path, container: folder.container,
                tensors: folder.tensors + [folder.tensors[0].named("\(part)/proj_out.weight")],
                metadata: named ? [("model_index.json: \(part)", #"["diffusers","FluxTransformer2DModel"]"#)] : [])
            return try compare(single, more, DifferencePolicy(ignoresMetadata: true))
        }
        let named = try compared(with: "transformer", named: true)
        #expect(named.verdict == .different && named.differing.map(\.verdict) == [.onlyRight])
        #expect(named.differing.first?.name == "transformer/proj_out.weight")
        #expect(try compared(with: "controlnet", named: false).verdict == .relaid)
        // The index is metadata of one side, which the policy leaves out.
        #expect(try compared(with: "safety_checker", named: true).verdict == .same)
    }

    @Test func whatOnlyOneSideHasIsADifference() throws {
        let (single, folder) = (try opened("sd.single"), try opened("sd.folder"))
        let less = try compare(try without(single, "first_stage_model.quant_conv.bias"), folder)
        #expect(less.verdict == .different && less.differing.map(\.verdict) == [.onlyRight])
        // Names within a part of the model that nothing is known of are no buffers.
        let more = try Checkpoint(
            path: "more", container: "safetensors",
            tensors: single.tensors + [
                CheckpointTensor(name: "model.diffusion_model.extra.weight", Tensor([1], shape: [1]))
            ])
        #expect(try compare(more, folder).differing.map(\.name) == ["model.diffusion_model.extra.weight"])
    }

    @Test func averagedWeightsThatWereNotComparedMakeItIncomplete() throws {
        let (single, folder) = (try opened("sd.single"), try opened("sd.folder"))
        let average = single.tensors.filter { $0.name.hasPrefix("model.") }.map {
            $0.named("model_ema." + $0.name.dropFirst("model.".count).filter { $0 != "." })
        }
        let both = try Checkpoint(path: "both", container: "safetensors", tensors: single.tensors + average)
        let report = try compare(both, folder)
        #expect(report.verdict == .incomplete && report.layouts?.uncovered.count == average.count)
        #expect(report.summary.contains("averaged weights"))
        // Their bytes are the same here.
        for choice in WeightsChoice.allCases {
            #expect(try compare(both, folder, weights: choice).verdict == .relaid)
        }
        let plainChanged = try changed(both, "model.diffusion_model.out.2.bias") {
            $0.storeBytes(of: 7, as: UInt8.self)
        }
        #expect(try compare(plainChanged, folder, weights: .plain).verdict == .different)
        #expect(try compare(plainChanged, folder, weights: .ema).verdict == .relaid)
    }

    /// Two files of one layout, one of them pruned.
    @Test func whatIsBesideTheWeightsOfOneLayoutIsNamed() throws {
        for (name, buffers) in [
            (
                "sd.single",
                ["alphas_cumprod", "betas", "cond_stage_model.transformer.text_model.embeddings.position_ids"]
            ),
            ("sdxl.single", ["denoiser.sigmas"]),
        ] {
            // Without metadata, as the others.
            let whole = try without(try opened(name), "no tensor")
            var pruned = whole
            for buffer in buffers { pruned = try without(pruned, buffer) }
            for (left, right, side) in [(whole, pruned, "A"), (pruned, whole, "B")] {
                let report = try compare(left, right)
                #expect(report.verdict == .sameWeights && report.passes && report.verdict.status == .passed)
                #expect(report.layouts?.unpaired.map(\.name) == buffers)
                #expect(report.layouts?.unpaired.allSatisfy { $0.side.rawValue == side } == true)
                let text = CheckpointDifferenceText(report).text
                #expect(text.hasPrefix("the same weights: ") && buffers.allSatisfy(text.contains))
                let read = try CheckpointDifference(json: JSONCursor(report.json, name: "report"))
                #expect(read.verdict == .sameWeights && read.layouts == report.layouts)
            }
        }
        // A folder of the present names, and one with the places of the tokens besides.
        let present = try Checkpoint(
            path: "present", container: "safetensors",
            tensors: ModelContents(try opened("sdxl.folder")).tensors.map { $0.tensor.named($0.path) })
        let places = CheckpointTensor(
            name: "text_encoder/text_model.embeddings.position_ids", Tensor([0, 1], shape: [1, 2]))
        let old = try Checkpoint(path: "old", container: "safetensors", tensors: present.tensors + [places])
        #expect(try compare(present, old).verdict == .sameWeights)
        #expect(try compare(present, present).verdict == .identical)
        #expect(try compare(present, present, weights: .plain).verdict == .identical)
        // Weights, names that nothing is known of, and other numbers are differences as before.
        let single = try without(try opened("sd.single"), "no tensor")
        #expect(try compare(single, try without(single, "first_stage_model.quant_conv.bias")).verdict == .different)
        let checker = CheckpointTensor(name: "safety_checker/x", Tensor([1], shape: [1]))
        let unknown = CheckpointTensor(name: "v_pred", Tensor([1], shape: [1]))
        for (whole, extra) in [(present, checker), (single, unknown)] {
            let more = try Checkpoint(path: "more", container: "safetensors", tensors: whole.tensors + [extra])
            #expect(try compare(whole, more).verdict == .different)
        }
        let other = try changed(try without(single, "betas"), "alphas_cumprod") { $0.storeBytes(of: 7, as: UInt8.self) }
        let report = try compare(single, other)
        #expect(report.verdict == .different && report.differing.map(\.name) == ["alphas_cumprod"])
        // The average on one side alone is not compared.
        let average = CheckpointTensor(name: "model_ema.diffusion_modelout2bias", Tensor([1], shape: [1]))
        let averaged = try Checkpoint(path: "ema", container: "safetensors", tensors: single.tensors + [average])
        #expect(try compare(single, averaged).verdict == .incomplete)
        #expect(try compare(single, averaged, weights: .plain).verdict.passes)
    }

    /// A text encoder by itself is that of a pipeline whose numbers fit, or the text tower of a CLIP model.
    @Test func aFileOfOnePartIsComparedWithThePartThatFits() throws {
        let folder = try opened("sdxl.folder")
        func alone(_ component: String) throws -> Checkpoint {
            try Checkpoint(
                path: component, container: "safetensors",
                tensors: folder.tensors.filter { $0.name.hasPrefix(component + "/") }.map {
                    $0.named(String($0.name.dropFirst(component.count + 1)))
                })
        }
        let single = try opened("sdxl.single")
        for component in ["text_encoder", "text_encoder_2", "unet", "vae"] {
            let policy = DifferencePolicy(only: [component == "text_encoder" ? "encoder.*" : "*_blocks.*", "*layers.*"])
            let report = try? compare(try alone(component), single, policy)
            let pairs = report?.differing.filter { $0.left != nil && $0.right != nil } ?? []
            #expect(pairs.isEmpty && (report?.layouts?.pairs ?? 0) > 0, "\(component)")
        }
    }

    @Test func patternsMeetEitherSpelling() throws {
        let (single, folder) = (try opened("sd.single"), try opened("sd.folder"))
        for pattern in ["unet/mid_block.*", "*middle_block*"] {
            let report = try compare(single, folder, DifferencePolicy(only: [pattern]))
            #expect(report.verdict == .relaid && report.compared == 46, "\(pattern): \(report.compared)")
        }
    }
}
