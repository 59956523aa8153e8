import Checkpoints
import Compute
import Foundation
import Testing

/// What a path may lead to: files, shards, folders of models and of pipelines.
@Suite struct CheckpointOpeningTests {
    private struct Folder {
        let path = FileManager.default.temporaryDirectory.appending(path: "opening-\(UUID())").path

        /// Writes a file with one tensor of one element, named as given.
        func save(_ name: String, tensor: String, _ value: Float = 1) throws {
            let bytes = try Safetensors.encode(tensors: [(tensor, Tensor([value], shape: [1]))])
            try write(name, Data(bytes))
        }

        func write(_ name: String, _ data: Data) throws {
            let url = URL(filePath: path).appending(path: name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: url)
        }
    }

    private func inFolder(_ body: (Folder) throws -> Void) throws {
        let folder = Folder()
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        try body(folder)
    }

    private func names(_ path: String) throws -> [String] { try Checkpoint(opening: path).tensors.map(\.name) }

    @Test func aModelFolderHasTheNamesOfItsFile() throws {
        try inFolder { folder in
            try folder.save("model.safetensors", tensor: "w")
            try folder.save("model.fp16.safetensors", tensor: "half")
            try folder.write("pytorch_model.bin", Data("not read".utf8))
            try folder.write("config.json", Data(#"{"layers": 2}"#.utf8))
            let checkpoint = try Checkpoint(opening: folder.path)
            #expect(checkpoint.tensors.map(\.name) == ["w"])
            #expect(checkpoint.metadata.map { "\($0.key) = \($0.value)" } == ["config.json: layers = 2"])
        }
    }

    /// A pipeline's components; checkpoints in one file beside them stand for themselves.
    @Test func aPipelineFolderHasItsComponentsInFront() throws {
        try inFolder { folder in
            try folder.write("model_index.json", Data("{}".utf8))
            try folder.save("v1-5.safetensors", tensor: "other")
            try folder.save("v1-5-pruned.safetensors", tensor: "other")
            try folder.save("unet/diffusion_pytorch_model.fp16.safetensors", tensor: "conv_in.weight")
            try folder.save("vae/diffusion_pytorch_model.safetensors", tensor: "conv_in.weight")
            try folder.write("scheduler/scheduler_config.json", Data("{}".utf8))
            #expect(
                try names(folder.path) == [
                    "unet/conv_in.weight", "v1-5-pruned.safetensors/other", "v1-5.safetensors/other",
                    "vae/conv_in.weight",
                ])
        }
    }

    /// Adapters beside the components are a component; alone they are what PEFT saved, with its configuration, whether
    /// the folder is named or the file. Diffusers' form of the same is not counted twice.
    @Test func adaptersAreOpenedByThemselves() throws {
        try inFolder { folder in
            try folder.save("unet/diffusion_pytorch_model.safetensors", tensor: "w")
            try folder.save("lora/adapter_model.safetensors", tensor: "base_model.model.w.lora_A.weight")
            try folder.save("lora/pytorch_lora_weights.safetensors", tensor: "unet.w.lora_A.weight")
            try folder.write("lora/adapter_config.json", Data(#"{"lora_alpha": 3, "r": 3}"#.utf8))
            #expect(try names(folder.path) == ["lora/base_model.model.w.lora_A.weight", "unet/w"])
            for path in ["lora", "lora/adapter_model.safetensors"] {
                let adapter = try Checkpoint(opening: "\(folder.path)/\(path)")
                #expect(adapter.tensors.map(\.name) == ["base_model.model.w.lora_A.weight"])
                #expect(
                    adapter.metadata.map { "\($0.key) = \($0.value)" } == [
                        "adapter_config.json: lora_alpha = 3", "adapter_config.json: r = 3",
                    ])
            }
            let plain = try Checkpoint(opening: "\(folder.path)/lora/pytorch_lora_weights.safetensors")
            #expect(plain.tensors.map(\.name) == ["unet.w.lora_A.weight"] && plain.metadata.isEmpty)
        }
    }

    @Test(arguments: ["model.safetensors.index.json", "model.safetensors.index.fp16.json"])
    func shardsAreReadByTheirIndex(index: String) throws {
        try inFolder { folder in
            try folder.save("model-1.safetensors", tensor: "a")
            try folder.save("model-2.safetensors", tensor: "b")
            let map = #"{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}"#
            try folder.write(index, Data(map.utf8))
            #expect(try names(folder.path) == ["a", "b"])
            #expect(try names(folder.path + "/" + index) == ["a", "b"])
        }
    }

    @Test(arguments: [
        (#"{"weight_map": {"a": "model-2.safetensors", "b": "model-2.safetensors"}}"#, "in no shard"),
        (#"{"weight_map": {"b": "model-1.safetensors"}}"#, "not listed in the index"),
        (#"{"weight_map": {"a": "../model-1.safetensors"}}"#, "a shard must be a file beside the index"),
        (#"{"weight_map": {"a": "model-3.safetensors"}}"#, "a shard is missing"),
        // An index that names itself.
        (#"{"weight_map": {"a": "model.safetensors.index.json"}}"#, "a JSON text, no weights"),
        (#"{"weight_map": 1}"#, "no usable weight_map"),
    ]) func anIndexThatDoesNotFitIsRefused(map: String, problem: String) throws {
        try inFolder { folder in
            try folder.save("model-1.safetensors", tensor: "a")
            try folder.save("model-2.safetensors", tensor: "b")
            try folder.write("model.safetensors.index.json", Data(map.utf8))
            let error = try #require(throws: CheckpointError.self) { _ = try Checkpoint(opening: folder.path) }
            #expect(error.problem == problem)
        }
    }

    @Test func whatIsNoCheckpointIsRefused() throws {
        try inFolder { folder in
            try folder.write("empty/readme.txt", Data())
            func problem(_ path: String) throws -> String {
                try #require(throws: CheckpointError.self) { _ = try Checkpoint(opening: path) }.problem
            }
            #expect(try problem(folder.path).hasPrefix("no weights"))
            try folder.save("a.safetensors", tensor: "a")
            try folder.save("b.safetensors", tensor: "b")
            #expect(try names(folder.path) == ["a.safetensors/a", "b.safetensors/b"])
            try folder.save("model.safetensors", tensor: "a")
            try folder.save("diffusion_pytorch_model.safetensors", tensor: "a")
            #expect(try problem(folder.path) == "several files of weights")
            #expect(try problem(folder.path + "/empty/readme.txt") == "an empty file, no weights")
            #expect(try problem(folder.path + "/nothing").hasPrefix("cannot open"))
        }
    }
}
