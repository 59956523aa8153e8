import Compute
import Core
import Foundation
import SeededRandom
import Testing

@testable import Checkpoints

/// What becomes of every file below a folder that is opened.
@Suite struct FolderTests {
    /// Writes a safetensors file with one element.
    private func save(_ folder: ScratchFolder, _ name: String, tensor: String = "w", _ value: Float = 1) throws {
        try put(folder, name, try Safetensors.encode(tensors: [(tensor, Tensor([value], shape: [1]))]))
    }

    private func put(_ folder: ScratchFolder, _ name: String, _ bytes: [UInt8]) throws {
        let path = folder.path + "/" + name
        try FileContents.makeFolder(ModelDirectory.folder(of: path))
        try AtomicFile.write(bytes, to: path)
    }

    private func put(_ folder: ScratchFolder, _ name: String, _ text: String) throws {
        try put(folder, name, Array(text.utf8))
    }

    /// `path: use` of every file.
    private func uses(_ checkpoint: Checkpoint) -> [String] {
        checkpoint.files.map { "\($0.path): \($0.use.rawValue)" }
    }

    private func names(_ checkpoint: Checkpoint) -> [String] { checkpoint.tensors.map(\.name) }

    /// Bytes that are no text, as ONNX and others begin.
    private static let unknown = [UInt8](repeating: 8, count: 2000)

    @Test func everyFileBelowIsNamed() throws {
        let folder = try ScratchFolder()
        try save(folder, "unet/diffusion_pytorch_model.safetensors")
        try save(folder, "models/image_encoder/model.safetensors")
        try save(folder, ".hidden/a/b/model.safetensors")
        try save(folder, "learned_embeds.safetensors", tensor: "<cat>")
        try save(folder, "lora.safetensors", tensor: "x.lora_A.weight")
        try put(folder, "model_index.json", "{}")
        try put(folder, "tokenizer/merges.txt", "a b\n")
        try put(folder, "README.md", "# Model\n")
        try put(folder, "picture.png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        for name in ["model.onnx", "unet/flax_model.msgpack", "unet/deep/er/weights.h5", "openvino_model.bin"] {
            try put(folder, name, Self.unknown)
        }
        let opened = try Checkpoint(opening: folder.path)
        #expect(
            uses(opened) == [
                ".hidden/a/b/model.safetensors: weights", "README.md: harmless", "learned_embeds.safetensors: weights",
                "lora.safetensors: weights", "model.onnx: unread", "model_index.json: text",
                "models/image_encoder/model.safetensors: weights", "openvino_model.bin: unread",
                "picture.png: harmless", "tokenizer/merges.txt: text", "unet/deep/er/weights.h5: unread",
                "unet/diffusion_pytorch_model.safetensors: weights", "unet/flax_model.msgpack: unread",
            ])
        #expect(
            names(opened) == [
                ".hidden/a/b/w", "learned_embeds.safetensors/<cat>", "lora.safetensors/x.lora_A.weight",
                "models/image_encoder/w", "unet/w",
            ])
        #expect(opened.unread.map(\.why).contains("ONNX, which is not read"))
    }

    /// Where a pair of stem and variant is all that there is, it is the model, as a pickle too.
    @Test(arguments: [
        "diffusion_pytorch_model.fp16.bin", "pytorch_model.bin", "model.fp16.safetensors", "weights.pt", "any.ckpt",
    ]) func whatIsAloneIsTheModel(name: String) throws {
        let folder = try ScratchFolder()
        if name.hasSuffix("safetensors") {
            try save(folder, "unet/\(name)", tensor: "alpha")
        } else {
            try put(folder, "unet/\(name)", try FileContents.read(fixtures + "/torch-tensor.pt"))
        }
        try save(folder, "text_encoder/model.fp16.safetensors")
        let opened = try Checkpoint(opening: folder.path)
        #expect(names(opened).count == 2 && names(opened)[0] == "text_encoder/w", "\(names(opened))")
        #expect(names(opened)[1].hasPrefix("unet/") && !names(opened)[1].contains(name), "\(names(opened))")
        #expect(opened.unread.isEmpty)
    }

    /// The plain name is the model, and its other forms are named as not read.
    @Test func otherFormsAreNamed() throws {
        let folder = try ScratchFolder()
        try save(folder, "model.safetensors", tensor: "plain")
        try save(folder, "model.fp16.safetensors", tensor: "half")
        try put(folder, "pytorch_model.bin", try FileContents.read(fixtures + "/torch-tensor.pt"))
        let opened = try Checkpoint(opening: folder.path)
        #expect(names(opened) == ["plain"])
        #expect(opened.unread.map(\.path) == ["model.fp16.safetensors", "pytorch_model.bin"])
        let ignoring = try Checkpoint(opening: folder.path, ignoring: ["*.fp16.*", "*.bin"])
        #expect(ignoring.unread.isEmpty)
        #expect(
            uses(ignoring) == [
                "model.fp16.safetensors: ignored", "model.safetensors: weights", "pytorch_model.bin: ignored",
            ])
        #expect(names(try Checkpoint(opening: folder.path, ignoring: ["model.safetensors", "*.bin"])) == ["half"])
    }

    /// Two libraries would take two of them.
    @Test(arguments: [
        ["model.safetensors", "model.safetensors.index.json"],
        ["model.fp16.safetensors", "model.safetensors.index.fp16.json"],
        ["model.safetensors", "diffusion_pytorch_model.safetensors"],
        ["model.fp16.safetensors", "model.bf16.safetensors"], ["model.fp16.safetensors", "pytorch_model.bin"],
        ["diffusion_pytorch_model.bin", "pytorch_model.bin"],
    ]) func twoReadingsAreAnErrorThatNamesBoth(files: [String]) throws {
        for place in ["", "unet/", "models/unet/"] {
            let folder = try ScratchFolder()
            try save(folder, "vae/model.safetensors")
            for file in files {
                if file.hasSuffix(".json") {
                    try put(folder, place + file, #"{"weight_map": {"w": "model-00001-of-00001.safetensors"}}"#)
                    try save(folder, place + "model-00001-of-00001.safetensors")
                } else if file.hasSuffix(".bin") {
                    try put(folder, place + file, try FileContents.read(fixtures + "/torch-tensor.pt"))
                } else {
                    try save(folder, place + file)
                }
            }
            let error = checkpointError { _ = try Checkpoint(opening: folder.path) }
            #expect(error?.problem == "several files of weights", "\(files) \(place)")
            for file in files { #expect(error?.found?.contains(file) == true) }
            #expect(try Checkpoint(opening: folder.path, ignoring: [place + files[1]]).tensors.count == 2)
        }
    }

    /// Nobody says what is whole.
    @Test func partsWithoutAnIndexAreNotRead() throws {
        let folder = try ScratchFolder()
        try save(folder, "vae/model.safetensors")
        for name in ["unet/model-00001-of-00002.safetensors", "unet/diffusion_pytorch_model-00002-of-00002.fp16.bin"] {
            try save(folder, name)
        }
        let opened = try Checkpoint(opening: folder.path)
        #expect(names(opened) == ["vae/w"])
        #expect(
            opened.unread.map(\.path) == [
                "unet/diffusion_pytorch_model-00002-of-00002.fp16.bin", "unet/model-00001-of-00002.safetensors",
            ])
        let alone = checkpointError { _ = try Checkpoint(opening: folder.path + "/unet") }
        #expect(alone?.problem.hasPrefix("no weights") == true && alone?.found?.contains("00001") == true)
        let trained = checkpointError { _ = try Checkpoint(weightsIn: folder.path + "/unet") }
        #expect(trained?.hint?.contains("a part without an index") == true)
    }

    /// Shards belong to their index, and one that it does not list to nobody.
    @Test func shardsOfAnIndexAreWeights() throws {
        let folder = try ScratchFolder()
        try save(folder, "model-00001-of-00002.safetensors", tensor: "a")
        try save(folder, "model-00002-of-00002.safetensors", tensor: "b")
        try save(folder, "model-00003-of-00003.safetensors", tensor: "c")
        try put(
            folder, "model.safetensors.index.json",
            #"{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}"#)
        let opened = try Checkpoint(opening: folder.path)
        #expect(names(opened) == ["a", "b"])
        #expect(
            uses(opened) == [
                "model-00001-of-00002.safetensors: weights", "model-00002-of-00002.safetensors: weights",
                "model-00003-of-00003.safetensors: unread", "model.safetensors.index.json: weights",
            ])
    }

    /// A GGUF file in parts says itself what is whole; other parts do not.
    @Test func partsOfAGGUFFileAreOne() throws {
        let folder = try ScratchFolder()
        for name in ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf", "m-00003-of-00003.safetensors"] {
            try put(folder, name, [])
        }
        let weights = WeightsFiles(try InventoriedFolder.names(folder.path))
        #expect(weights.files.map(\.file.name) == ["m-00001-of-00002.gguf"])
        #expect(weights.files.map(\.shards) == [["m-00002-of-00002.gguf"]])
        #expect(weights.parts.map(\.file.name) == ["m-00003-of-00003.safetensors"])
    }

    /// The scale of an adapter that lies deeper is not lost: the folder that holds it is no adapter itself.
    @Test func anAdapterBelowIsNotTakenForTheFolders() throws {
        let folder = try ScratchFolder()
        try put(folder, "lora/adapter_config.json", #"{"lora_alpha": 4, "r": 1}"#)
        let file = try Safetensors.encode(tensors: [
            ("base_model.model.w.lora_A.weight", Tensor([5], shape: [1, 1])),
            ("base_model.model.w.lora_B.weight", Tensor([1], shape: [1, 1])),
        ])
        try put(folder, "lora/adapter_model.safetensors", file)
        let outer = try Checkpoint(opening: folder.path)
        let inner = try Checkpoint(opening: folder.path + "/lora")
        #expect(try AdapterComparison.sides(inner, inner).left.files.count == 2)
        let error = checkpointError { _ = try AdapterComparison.sides(outer, outer) }
        #expect(error?.kind == .adapter && error?.found == "lora/adapter_config.json: lora_alpha")
    }

    /// What accelerate leaves beside the models is read where it can be, and named where not.
    @Test func statesOfATrainingAreNoModel() throws {
        let folder = try ScratchFolder()
        try save(folder, "unet/diffusion_pytorch_model.safetensors")
        try save(folder, "unet_ema/diffusion_pytorch_model.safetensors")
        try put(folder, "optimizer.bin", try FileContents.read(fixtures + "/torch-training-5.pt"))
        try put(folder, "random_states_0.pkl", [0x80, 4] + Self.unknown)
        let opened = try Checkpoint(opening: folder.path)
        #expect(names(opened).contains("unet/w") && names(opened).contains("unet_ema/w"))
        #expect(names(opened).contains { $0.hasPrefix("optimizer.bin/") }, "\(names(opened))")
        #expect(opened.unread.map(\.path) == ["random_states_0.pkl"])
        #expect(opened.unread[0].why.hasPrefix("cannot be read: "))
    }

    @Test func linksAndWhatIsNoFile() throws {
        let folder = try ScratchFolder()
        let files = FileManager.default
        try save(folder, "blobs/0123")
        try files.createDirectory(atPath: folder.path + "/unet", withIntermediateDirectories: true)
        try files.createSymbolicLink(
            atPath: folder.path + "/unet/model.safetensors", withDestinationPath: "../blobs/0123")
        try files.createSymbolicLink(atPath: folder.path + "/unet/loop", withDestinationPath: "..")
        try files.createSymbolicLink(atPath: folder.path + "/unet/lost.safetensors", withDestinationPath: "nothing")
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        let opened = try Checkpoint(opening: folder.path)
        #expect(
            uses(opened) == [
                "blobs/0123: weights", "pipe: unread", "unet/loop: harmless", "unet/lost.safetensors: unread",
                "unet/model.safetensors: weights",
            ])
    }

    /// A snapshot of the hub's client: links into its repository are read, one that leaves it is named or refused.
    @Test func linksOfAHubsSnapshotStayInItsRepository() throws {
        let folder = try ScratchFolder()
        let (snapshot, files) = ("models--org--name/snapshots/0123", FileManager.default)
        try save(folder, "models--org--name/blobs/ab")
        try save(folder, "outside", tensor: "other")
        for part in ["unet", "vae"] {
            try files.createDirectory(atPath: "\(folder.path)/\(snapshot)/\(part)", withIntermediateDirectories: true)
        }
        func link(_ name: String, to target: String) throws {
            try files.createSymbolicLink(atPath: "\(folder.path)/\(snapshot)/\(name)", withDestinationPath: target)
        }
        try link("unet/model.safetensors", to: "../../../blobs/ab")
        try link("vae/model.safetensors", to: "../../../../outside")
        let opened = try Checkpoint(opening: "\(folder.path)/\(snapshot)")
        #expect(names(opened) == ["unet/w"] && opened.unread.map(\.path) == ["vae/model.safetensors"])
        #expect(try Checkpoint(weightsIn: "\(folder.path)/\(snapshot)/unet").names == ["w"])
        let left = checkpointError { _ = try Checkpoint(weightsIn: "\(folder.path)/\(snapshot)/vae") }
        #expect(left?.problem == "a link that leaves the repository of the snapshot")
        try put(folder, snapshot + "/vae2/model.safetensors.index.json", #"{"weight_map": {"other": "s.safetensors"}}"#)
        try link("vae2/s.safetensors", to: "../../../../outside")
        let shard = checkpointError { _ = try Checkpoint(weightsIn: "\(folder.path)/\(snapshot)/vae2") }
        #expect(shard?.problem == "a link that leaves the repository of the snapshot")
    }

    /// Objects by their members, all else by a digest; an object without members is there all the same.
    @Test func configurationsAtAnyLevelAreMetadata() throws {
        let folder = try ScratchFolder()
        try save(folder, "a/b/model.safetensors")
        try put(folder, "a/b/scheduler.json", #"{ "beta" : 0.5, "list": [1, 2] }"#)
        try put(folder, "a/empty.json", "{}")
        try put(folder, "a/list.json", "[1, 2 ]")
        try put(folder, "a/not-strict.json", "{'a': NaN}")
        try put(folder, "vocab.txt", "cat\n")
        let long = String(repeating: "x", count: 5000)
        try put(folder, "long.json", #"{"k": "\#(long)"}"#)
        let entries = try Checkpoint(opening: folder.path).metadata.map { "\($0.key) = \($0.value)" }
        #expect(entries.count == 7)
        #expect(entries[0] == "a/b/scheduler.json: beta = 0.5" && entries[1] == "a/b/scheduler.json: list = [1,2]")
        #expect(entries[2] == "a/empty.json = {}" && entries[3] == "a/list.json = [1,2]")
        #expect(entries[4].hasPrefix("a/not-strict.json = 10 bytes, SHA-256 "))
        #expect(entries[5] == "long.json: k = 5002 bytes, SHA-256 \(Digest.sha256(Array("\"\(long)\"".utf8)))")
        #expect(entries[6] == "vocab.txt = 4 bytes, SHA-256 \(Digest.sha256(Array("cat\n".utf8)))")
    }

    /// A float that is a whole number is another value than the integer, wherever it stands, and nothing else spells it.
    @Test(arguments: ["config.json", "adapter_config.json"]) func numbersOfJSONHaveTheirKind(name: String) throws {
        let folder = try ScratchFolder()
        try save(folder, "model.safetensors", tensor: "w")
        var texts: [String] = []
        for value in [
            "1", "1.0", "\"1.0\"", "[1]", "[1.0]", #"{"float":1}"#, #"[{"float":1}]"#, #"{"k":1.0}"#, #"{"k":1}"#,
            "1e30", "1000000000000000000000000000000", "1.5e30", "1500000000000000000000000000000", "true", "null",
            "1.5",
        ] {
            try put(folder, name, #"{"r": \#(value)}"#)
            let text = try Checkpoint(opening: folder.path).metadata[0].value
            #expect(try JSONValue.parse(text, file: "text") == JSONValue.parse(value, file: "value"))
            texts.append(text)
        }
        for (place, text) in texts.enumerated() { #expect(texts.firstIndex(of: text) == place, "\(text)") }
    }

    /// Diffusers' form of an adapter counts as read where it says what PEFT's says, α / rank within B.
    @Test(arguments: [(Float(6), true), (6.0000005, false)]) func aSecondFormOfAnAdapterIsHeldAgainstTheFirst(
        up: Float, isTwin: Bool
    ) throws {
        let folder = try ScratchFolder()
        func file(_ prefix: String, up: Float) throws -> [UInt8] {
            try Safetensors.encode(tensors: [
                (prefix + "w.lora_A.weight", Tensor([5], shape: [1, 1])),
                (prefix + "w.lora_B.weight", Tensor([up], shape: [1, 1])),
            ])
        }
        try put(folder, "adapter_config.json", #"{"lora_alpha": 4, "r": 2}"#)
        try put(folder, "adapter_model.safetensors", try file("base_model.model.", up: 3))
        try put(folder, "pytorch_lora_weights.safetensors", try file("unet.", up: up))
        let opened = try Checkpoint(opening: folder.path)
        #expect(opened.unread.isEmpty && opened.tensors.count == (isTwin ? 2 : 4))
    }

    @Test(
        arguments: [
            ("a.onnx", [8, 7, 18] + unknown, "binary"), ("a.txt", Array("text\n".utf8), "text"),
            ("a.txt", [0x80, 2, 0x7D] + unknown, "tensors"), ("README.md", [0x80, 4, 0x95] + unknown, "tensors"),
            ("a.npz", Array("PK\u{3}\u{4}".utf8) + unknown, "binary"), ("a.pkl", Array("PK\u{3}\u{4}".utf8), "tensors"),
            ("x", Array("GGUF".utf8), "tensors"),
            ("a.bin", Array("version https://git-lfs.github.com".utf8), "tensors"),
            ("a.model", Array("version https://git-lfs.github.com".utf8), "binary"),
            ("a.onnx", Array("text".utf8), "binary"), ("a.bin", unknown, "binary"),
            ("spiece.model", unknown, "text"), ("a.dat", [0, 1, 2], "text"), ("a.json", Array("{}".utf8), "json"),
            ("b", [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8), "tensors"), ("LICENSE", Array("MIT".utf8), "harmless"),
            ("a.txt", Array("é".utf8).dropLast(), "text"), ("", [], "text"),
        ] as [(String, [UInt8], String)]) func filesAreToldByTheirFirstBytes(
            name: String, bytes: [UInt8], nature: String
        )
    {
        let found = FileNature(name: name, head: Array(bytes.prefix(FileNature.headSize)), size: bytes.count)
        #expect("\(found)".hasPrefix(nature), "\(name): \(found)")
    }

    /// Whatever the bytes are, they have a nature.
    @Test func anyBytesHaveANature() {
        var random = SplitMix(state: 3)
        for round in 0..<2000 {
            let count = Int.random(in: 0...FileNature.headSize, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...(round % 2 == 0 ? 255 : 127), using: &random) }
            let name = ["a.safetensors", "a.json", "a.", ".", "a.bin", "é.TXT"][round % 6]
            _ = FileNature(name: name, head: bytes, size: count + round)
        }
    }
}
