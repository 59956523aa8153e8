import Compute
import Core
import Foundation
import Testing

@testable import Checkpoints

/// Which of several forms of a model's weights are read.
@Suite struct WeightsVariantTests {
    /// Files that hold one tensor each, named as the file; of an index the tensors of its shards.
    private func folder(_ files: [String]) throws -> ScratchFolder {
        let scratch = try ScratchFolder()
        for file in files {
            if file.hasSuffix(".json") {
                let stem = file.components(separatedBy: ".safetensors")[0]
                let shards = (1...2).map { "\(stem)-0000\($0)-of-00002.safetensors" }
                for shard in shards { try save(shard, scratch) }
                let map = shards.map { "\"\($0)\": \"\($0)\"" }.joined(separator: ", ")
                try scratch.write(file, "{\"weight_map\": {\(map)}}")
            } else if file.hasSuffix(".bin") {
                try AtomicFile.write(FileContents.read(fixtures + "/torch-tensor.pt"), to: "\(scratch.path)/\(file)")
            } else {
                try save(file, scratch)
            }
        }
        return scratch
    }

    private func save(_ name: String, _ scratch: ScratchFolder) throws {
        try Safetensors.write(tensors: [(name, Tensor([1], shape: [1]))], to: "\(scratch.path)/\(name)")
    }

    private func read(_ files: [String], _ variant: WeightsVariant) throws -> [String] {
        let scratch = try folder(files)
        return try withExtendedLifetime(scratch) { try Checkpoint(weightsIn: scratch.path, variant: variant).names }
    }

    private func variants(_ files: [String]) throws -> [String] {
        let scratch = try folder(files)
        return try withExtendedLifetime(scratch) { try Checkpoint.variants(in: scratch.path) }
    }

    @Test func theVariantThatIsAskedForIsRead() throws {
        let both = ["model.safetensors", "model.fp16.safetensors", "pytorch_model.bin"]
        #expect(try read(both, .named("fp16")) == ["model.fp16.safetensors"])
        #expect(try read(both, .plain) == ["model.safetensors"])
        #expect(try read(both, .whatIsThere) == ["model.safetensors"])
        let three = ["model.fp16.safetensors", "model.bf16.safetensors"]
        #expect(try read(three, .named("bf16")) == ["model.bf16.safetensors"])
        #expect(try variants(three + both) == ["bf16", "fp16"])
    }

    /// As diffusers has it: a part of a pipeline without files of the variant has its plain ones.
    @Test func aPartWithoutTheVariantIsReadAsItIs() throws {
        #expect(try read(["model.safetensors"], .named("fp16")) == ["model.safetensors"])
        #expect(try variants(["model.safetensors"]) == [])
    }

    @Test(arguments: [
        "diffusion_pytorch_model.fp16.safetensors.index.json", "model.fp16.safetensors.index.json",
    ]) func shardsOfAVariantAreRead(index: String) throws {
        let stem = index.components(separatedBy: ".safetensors")[0]
        let shards = (1...2).map { "\(stem)-0000\($0)-of-00002.safetensors" }
        #expect(try read([index], .named("fp16")) == shards)
        #expect(try read([index, "model.safetensors"], .plain) == ["model.safetensors"])
        #expect(try read([index], .whatIsThere) == shards)
        #expect(checkpointError { _ = try read([index], .plain) }?.hint?.contains("model.variant: fp16") == true)
    }

    /// transformers' older name of an index, and shards that have the variant at the end.
    @Test func otherNamesOfShardsAreRead() throws {
        let scratch = try ScratchFolder()
        for number in 1...2 { try save("model-0000\(number)-of-00002.fp16.safetensors", scratch) }
        let names = (1...2).map { "model-0000\($0)-of-00002.fp16.safetensors" }
        let map = names.map { "\"\($0)\": \"\($0)\"" }.joined(separator: ", ")
        try scratch.write("model.safetensors.index.fp16.json", "{\"weight_map\": {\(map)}}")
        #expect(try Checkpoint(weightsIn: scratch.path, variant: .named("fp16")).names == names)
    }

    @Test func aFolderWithVariantsOnlyNamesTheKey() throws {
        let error = checkpointError { _ = try read(["model.fp16.safetensors"], .plain) }
        #expect(error?.kind == .layout && error?.found == "model.fp16.safetensors")
        #expect(error?.hint?.contains("model.variant: fp16") == true)
        let pickle = checkpointError { _ = try read(["model.fp16.bin"], .plain) }
        #expect(pickle?.hint?.contains("model.variant: fp16") == true)
        let other = checkpointError { _ = try read(["model.fp16.safetensors"], .named("bf16")) }
        #expect(other?.kind == .layout && other?.hint?.contains("model.variant: fp16") == true)
        #expect(checkpointError { _ = try read([], .named("fp16")) }?.problem == "no weights")
    }
}
