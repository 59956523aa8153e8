import Compute
import Core
import Foundation
import Testing

@testable import Checkpoints

struct ModelDirectoryTests {
    let a = Tensor([1, 2], shape: [2])
    let b = Tensor([3, 4], shape: [2])

    func shards(_ scratch: ScratchFolder, map: String) throws {
        try Safetensors.write(tensors: [("a", a)], to: scratch.path + "/model-00001-of-00002.safetensors")
        try Safetensors.write(tensors: [("b", b)], to: scratch.path + "/model-00002-of-00002.safetensors")
        try scratch.write("model.safetensors.index.json", #"{"metadata":{"total_size":16},"weight_map":\#(map)}"#)
    }

    func shardFault(_ map: String) throws -> CheckpointError? {
        let scratch = try ScratchFolder()
        try shards(scratch, map: map)
        return checkpointError { _ = try Checkpoint(weightsIn: scratch.path) }
    }

    static let goodMap =
        #"{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}"#

    @Test func aSingleFile() throws {
        for stem in WeightsFile.modelStems {
            let scratch = try ScratchFolder()
            try scratch.write("config.json", #"{"in_channels": 4}"#)
            try Safetensors.write(tensors: [("a", a)], to: scratch.path + "/\(stem).safetensors")
            let model = try ModelDirectory(path: scratch.path)
            #expect(model.config["in_channels"] == 4)
            #expect(try model.weights.tensor(named: "a").floats == [1, 2])
        }
    }

    @Test func shardsReadAsOneFile() throws {
        let scratch = try ScratchFolder()
        try shards(scratch, map: Self.goodMap)
        let weights = try Checkpoint(weightsIn: scratch.path)
        #expect(weights.names == ["a", "b"])
        #expect(try weights.float32(named: "b", shape: [2]).floats == [3, 4])
        #expect(try weights.weightsDigest() == weightsDigest(of: [("a", a), ("b", b)]))
        #expect(checkpointError { _ = try weights.tensor(named: "c") }?.kind == .missingTensor)
    }

    @Test func indexAndShardsMustAgree() throws {
        let swapped = try shardFault(
            #"{"a":"model-00002-of-00002.safetensors","b":"model-00001-of-00002.safetensors"}"#)
        #expect(swapped?.kind == .shard && swapped?.problem == "in another shard" && swapped?.tensor == "a")
        let missing = try shardFault(Self.goodMap.replacing("model-00002", with: "model-00003"))
        #expect(missing?.problem == "a shard is missing")
        let absent = try shardFault(Self.goodMap.replacing("}", with: #","c":"model-00002-of-00002.safetensors"}"#))
        #expect(absent?.tensor == "c" && absent?.problem == "in no shard")
        let renamed = try shardFault(Self.goodMap.replacing(#""b":"#, with: #""c":"#))
        #expect(renamed?.tensor == "b" && renamed?.problem == "not listed in the index")
        let outside = try shardFault(Self.goodMap.replacing("model-00002", with: "../model-00002"))
        #expect(outside?.problem == "a shard must be a file beside the index")
        #expect(try shardFault("[]")?.kind == .shard)
        #expect(try shardFault(#"{"a":1}"#)?.kind == .shard)
    }

    @Test func tensorsThatTheIndexDoesNotListAreErrors() throws {
        let scratch = try ScratchFolder()
        try Safetensors.write(tensors: [("a", a), ("b", b)], to: scratch.path + "/m.safetensors")
        try scratch.write("model.safetensors.index.json", #"{"weight_map":{"a":"m.safetensors"}}"#)
        let error = checkpointError { _ = try Checkpoint(weightsIn: scratch.path) }
        #expect(error?.kind == .shard && error?.tensor == "b")
    }

    @Test func whatIsMissingIsNamed() throws {
        let scratch = try ScratchFolder()
        #expect(checkpointError { _ = try ModelDirectory(path: scratch.path + "/none") }?.kind == .layout)
        let config = checkpointError { _ = try ModelDirectory(path: scratch.path) }
        #expect(config?.file == scratch.path + "/config.json")
        try scratch.write("config.json", "{}")
        #expect(checkpointError { _ = try ModelDirectory(path: scratch.path) }?.problem == "no weights")
        try scratch.write("diffusion_pytorch_model.bin", "x")
        let pickle = checkpointError { _ = try ModelDirectory(path: scratch.path) }
        #expect(pickle?.kind == .foreign && pickle?.file == scratch.path + "/diffusion_pytorch_model.bin")
        try FileContents.remove([scratch.path + "/diffusion_pytorch_model.bin"])
        // Alone it is the model, and beside the plain name that is.
        try Safetensors.write(tensors: [("b", a)], to: scratch.path + "/model.fp16.safetensors")
        #expect(try ModelDirectory(path: scratch.path).weights.names == ["b"])
        try Safetensors.write(tensors: [("a", a)], to: scratch.path + "/model.safetensors")
        #expect(try ModelDirectory(path: scratch.path).weights.names == ["a"])
        try scratch.write("model.safetensors.index.json", "{}")
        #expect(checkpointError { _ = try ModelDirectory(path: scratch.path) }?.kind == .layout)
        try scratch.write("config.json", "{")
        #expect(checkpointError { _ = try ModelDirectory(path: scratch.path) }?.kind == .headerSyntax)
    }

    @Test func nonFiniteWeightsAreNamed() throws {
        let scratch = try ScratchFolder()
        let bad = Tensor([0, .infinity], shape: [2])
        try Safetensors.write(tensors: [("a", a), ("b", bad)], to: scratch.path + "/model.safetensors")
        let weights = try Checkpoint(weightsIn: scratch.path)
        let error = checkpointError { try weights.requireFinite() }
        #expect(error?.tensor == "b" && error?.found == "element 1 is 0x7f800000 (F32, infinite)")
    }

    @Test func nearestNames() {
        let names = ["conv_in.weight", "conv_in.bias", "conv_out.bias"]
        #expect(NearestName.among(names, to: "conv_in.weigth") == "conv_in.weight")
        #expect(NearestName.among(names, to: "conv_int.bias") == "conv_in.bias")
        #expect(NearestName.among(names, to: "time_embedding.linear_1") == nil)
        #expect(NearestName.editDistance(Array("kitten".utf8), Array("sitting".utf8)) == 3)
    }
}
