import Compute
import Core
import Testing

@testable import Checkpoints

/// Tensors as numbers, from every format.
@Suite struct CheckpointNumbersTests {
    /// The bytes that comparing reads are those that computing sees, wherever they lie: in order, aligned or not, strided.
    @Test(arguments: [
        "python.safetensors", "python.gguf", "torch-types.pt", "torch-views.pt", "torch-old-views.pt", "torch-old.pt",
    ])
    func numbersAreTheBytes(file: String) throws {
        let checkpoint = try Checkpoint(opening: fixtures + "/" + file)
        var read = 0
        for tensor in checkpoint.tensors where tensor.type.dtype != nil {
            let numbers = try checkpoint.tensor(named: tensor.name)
            #expect(numbers.shape == tensor.shape && numbers.dtype == tensor.type.dtype, "\(tensor.name)")
            #expect(try Array(numbers.bytes) == allBytes(tensor), "\(tensor.name)")
            read += 1
        }
        #expect(read > 0)
    }

    /// Quantised weights are compared and digested, and not computed with.
    @Test func quantisedWeightsAreRefusedByName() throws {
        let checkpoint = try Checkpoint(opening: fixtures + "/python.gguf")
        let packed = try #require(checkpoint.tensors.first { $0.type.numbers == .packed })
        let error = checkpointError { _ = try checkpoint.float32(named: packed.name) }
        #expect(error?.kind == .dtype && error?.tensor == packed.name && error?.found == packed.type.name)
        #expect(error?.hint == "quantised weights are compared and digested; train on those that they were made from")
        #expect(checkpointError { try checkpoint.requireFinite() }?.kind == .dtype)
    }

    /// Tensors in memory keep their storage, slices too, and are compared like others.
    @Test func tensorsInMemoryAreShared() throws {
        let whole = Tensor([1, 2, 3, 4], shape: [2, 2])
        let checkpoint = try Checkpoint(inMemory: [("w", whole.slice(1..<2))])
        let read = try checkpoint.float32(named: "w", shape: [1, 2])
        #expect(read.storage === whole.storage && read.floats == [3, 4])
        #expect(try allBytes(try #require(checkpoint["w"])) == Array(whole.bytes[8...]))
    }
}
