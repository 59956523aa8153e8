import Compute
import Core
import Testing

@testable import Checkpoints

/// What the shards of a checkpoint and their index say, each where it is not the same.
struct ShardMetadataTests {
    /// Writes one shard for each metadata, with one tensor, and the index.
    func opened(_ shards: [[String: String]], index: String = "{}", _ scratch: ScratchFolder) throws -> Checkpoint {
        var map: [String] = []
        for (place, metadata) in shards.enumerated() {
            let bytes = try Safetensors.encode(
                tensors: [("t\(place)", Tensor([Float(place)], shape: [1]))], metadata: metadata)
            try AtomicFile.write(to: "\(scratch.path)/s\(place).safetensors") { file in
                try bytes.withUnsafeBytes { try file.append($0) }
            }
            map.append("\"t\(place)\": \"s\(place).safetensors\"")
        }
        let path = try scratch.write(
            "model.safetensors.index.json", "{\"metadata\": \(index), \"weight_map\": {\(map.joined(separator: ", "))}}"
        )
        return try Checkpoint(opening: path)
    }

    func texts(_ shards: [[String: String]], index: String = "{}") throws -> [String] {
        try opened(shards, index: index, ScratchFolder()).metadata.map { "\($0.key) = \($0.value)" }
    }

    @Test func whatAllSayIsSaidOnce() throws {
        #expect(try texts([["format": "pt"]]) == ["format = pt"])
        #expect(try texts([["format": "pt"], ["format": "pt"], ["format": "pt"]]) == ["format = pt"])
    }

    @Test func whatOneSaysOtherwiseIsItsOwn() throws {
        #expect(
            try texts([["step": "1", "format": "pt"], ["step": "2", "format": "pt"]]) == [
                "format = pt", "s0.safetensors: step = 1", "s1.safetensors: step = 2",
            ])
        // One that is silent differs from those that speak.
        #expect(try texts([[:], ["step": "2"]]) == ["s1.safetensors: step = 2"])
    }

    @Test func theIndexHasItsOwn() throws {
        // Two tensors of four bytes: what is true of any number of shards is no difference.
        #expect(try texts([[:], [:]], index: #"{"total_size": 8, "total_parameters": 2}"#) == [])
        #expect(
            try texts([[:], [:]], index: #"{"total_size": 9, "made_by": {"b": 1, "a": "x"}}"#) == [
                #"index: made_by = {"a":"x","b":1}"#, "index: total_size = 9",
            ])
        #expect(try texts([[:]], index: "null") == [])
        #expect(try texts([[:]], index: "[1]") == ["index: metadata = [1]"])
    }

    @Test func shardsHaveTheContainerOfTheirFiles() throws {
        let scratch = try ScratchFolder()
        #expect(try opened([[:]], scratch).container == "safetensors")
        let tensor = PickleSyntax.tensor(PickleSyntax.storage("0", 1), [1], [1])
        for (file, name) in [("a.bin", "a"), ("b.bin", "b")] {
            let zip = StoredZip.torch(PickleSyntax.pickle(PickleSyntax.dict((name, tensor))), storages: [[0, 0, 0, 0]])
            try AtomicFile.write(to: "\(scratch.path)/\(file)") { out in
                try zip.built().withUnsafeBytes { try out.append($0) }
            }
        }
        let index = try scratch.write(
            "pytorch_model.bin.index.json", #"{"weight_map": {"a": "a.bin", "b": "b.bin"}}"#)
        #expect(try Checkpoint(opening: index).container == "PyTorch")
        let mixed = try scratch.write(
            "mixed.index.json", #"{"weight_map": {"a": "a.bin", "t0": "s0.safetensors"}}"#)
        #expect(checkpointError { _ = try Checkpoint(opening: mixed) }?.problem == "shards of several formats")
    }
}
