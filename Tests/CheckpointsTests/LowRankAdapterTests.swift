import Checkpoints
import Digests
import Tensors
import Testing

/// What adapters add up to; the names that other programs write are in `Tests/Pairs/pairs.py`.
@Suite struct LowRankAdapterTests {
    private func checkpoint(_ tensors: [(String, Tensor)], metadata: [(key: String, value: String)] = []) throws
        -> Checkpoint
    {
        let file = OpenFile(path: "memory", bytes: try Safetensors.encode(tensors: tensors))
        let read = try Checkpoint(safetensors: file)
        return try Checkpoint(path: "memory", container: "test", tensors: read.tensors, metadata: metadata)
    }

    private func floats(_ checkpoint: Checkpoint, _ name: String) throws -> [Float] {
        let tensor = try #require(checkpoint[name])
        let result = Tensor(uninitialized: tensor.shape)
        try tensor.bytes().read(0..<tensor.byteCount, into: result.storage.base)
        return result.floats
    }

    /// [out 2, rank 1] on [rank 1, in 3].
    private let pair: [(String, Tensor)] = [
        ("base_model.model.block.to_q.lora_A.weight", Tensor([1, 2, 3], shape: [1, 3])),
        ("base_model.model.block.to_q.lora_B.weight", Tensor([10, 100], shape: [2, 1])),
    ]

    @Test func theProductIsScaled() throws {
        let plain = try checkpoint(pair).effective(on: nil)
        #expect(try floats(plain, "block.to_q.weight") == [10, 20, 30, 100, 200, 300])
        let scaled = try checkpoint(pair, metadata: [("adapter_config.json: lora_alpha", "0.5")]).effective(on: nil)
        #expect(try floats(scaled, "block.to_q.weight") == [5, 10, 15, 50, 100, 150])
    }

    @Test func itIsAddedToTheBase() throws {
        let base = try checkpoint([
            ("block.to_q.weight", Tensor([1, 1, 1, 1, 1, 1], shape: [2, 3])), ("other", Tensor([7], shape: [1])),
        ])
        let sum = try checkpoint(pair).effective(on: base)
        #expect(try floats(sum, "block.to_q.weight") == [11, 21, 31, 101, 201, 301])
        #expect(try floats(sum, "other") == [7])
        // What is no adapter is compared as it is.
        #expect(try floats(try base.effective(on: base), "other") == [7])
    }

    @Test func whatDoesNotFitIsRefused() throws {
        func error(
            _ tensors: [(String, Tensor)], base: Checkpoint? = nil, _ metadata: [(key: String, value: String)] = []
        ) throws
            -> CheckpointError
        {
            try #require(throws: CheckpointError.self) {
                _ = try checkpoint(tensors, metadata: metadata).effective(on: base)
            }
        }
        #expect(try error([("x", Tensor([1], shape: [1]))]).kind == .adapter)
        #expect(try error([pair[0]]).problem == "its other matrix is missing")
        let wide = ("base_model.model.block.to_q.lora_B.weight", Tensor([1, 2, 3, 4], shape: [2, 2]))
        #expect(try error([pair[0], wide]).problem == "the matrices do not fit")
        #expect(
            try error(pair + [("x.lora_magnitude_vector", Tensor([1], shape: [1]))]).tensor == "x.lora_magnitude_vector"
        )
        #expect(try error(pair, [("adapter_config.json: use_dora", "true")]).problem == "use_dora is not understood")
        let base = try checkpoint([("block.to_k.weight", Tensor([1, 1, 1, 1, 1, 1], shape: [2, 3]))])
        #expect(try error(pair, base: base).problem == "the base has no weight of this module")
        let square = try checkpoint([("block.to_q.weight", Tensor([1, 1, 1, 1], shape: [2, 2]))])
        #expect(try error(pair, base: square).problem == "of another shape than the base's weight")
    }
}
