import Compute
import Core
import Foundation
import Testing

@testable import Checkpoints

struct WriterTests {
    let a = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
    let b = Tensor([-0.0, .nan], shape: [2])

    @Test func bytesDoNotDependOnTheOrder() throws {
        let scratch = try ScratchFolder()
        let metadata = ["one": "1", "two": "2", "three": "3"]
        try Safetensors.write(tensors: [("b", b), ("a", a)], metadata: metadata, to: scratch.path + "/1")
        try Safetensors.write(tensors: [("a", a), ("b", b)], metadata: metadata, to: scratch.path + "/2")
        let bytes = try FileContents.read(scratch.path + "/1")
        #expect(try bytes == FileContents.read(scratch.path + "/2"))
        #expect(try bytes == Safetensors.encode(tensors: [("a", a), ("b", b)], metadata: metadata))
        let header = String(decoding: bytes[8...].prefix { $0 != 0x20 }, as: UTF8.self)
        #expect(
            header == #"{"__metadata__":{"one":"1","three":"3","two":"2"},"#
                + #""a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#
                + #""b":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}}"#)
        #expect(bytes[0] % 8 == 0)
        let file = try Checkpoint(safetensors: scratch.path + "/1")
        #expect(try file.tensor(named: "b").floats.map(\.bitPattern) == b.floats.map(\.bitPattern))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == ["1", "2"])
    }

    /// Tensors that are made one by one give the same file, and each is asked for once, in the order of the file.
    @Test func tensorsCanBeMadeWhileWriting() throws {
        let scratch = try ScratchFolder()
        let half = FloatConversion.float16(a)
        let tensors = [("h", half), ("b", b), ("a", a), ("c", a)]
        var asked: [Int] = []
        try Safetensors.write(
            tensors.map { ($0.0, $0.1.dtype, $0.1.shape) }, metadata: ["k": "v"], to: scratch.path + "/1"
        ) {
            asked.append($0)
            return tensors[$0].1
        }
        #expect(asked == [2, 1, 3, 0])
        let bytes = try FileContents.read(scratch.path + "/1")
        let whole = tensors.map { (name: $0.0, tensor: $0.1) }
        #expect(try bytes == Safetensors.encode(tensors: whole, metadata: ["k": "v"]))
        var streamed: [UInt8] = []
        try Safetensors.stream(tensors: whole, metadata: ["k": "v"]) { streamed.append(contentsOf: $0) }
        #expect(streamed == bytes)
    }

    @Test func aTensorThatCannotBeMadeLeavesNothing() throws {
        struct Stop: Error {}
        let scratch = try ScratchFolder()
        #expect(throws: Stop.self) {
            try Safetensors.write([("a", .f32, [2, 3]), ("b", .f32, [2])], to: scratch.path + "/w") {
                if $0 == 1 { throw Stop() }
                return a
            }
        }
        let twice = checkpointError {
            try Safetensors.write([("a", .f32, [2]), ("a", .f16, [2])], to: scratch.path + "/w") { _ in b }
        }
        #expect(twice?.kind == .invalidInput)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
    }

    /// Canonically equivalent names are different names; Swift's own comparison would mix them up.
    @Test func namesAreBytes() throws {
        let bytes = try Safetensors.encode(tensors: [("\u{E9}", a), ("e\u{301}", b)])
        let file = try Checkpoint(safetensors: OpenFile(path: "x", bytes: bytes))
        #expect(file.names.map { Array($0.utf8) } == [[0x65, 0xCC, 0x81], [0xC3, 0xA9]])
        #expect(file["\u{E9}"]?.shape == [2, 3])
        #expect(file["e\u{301}"]?.shape == [2])
    }

    @Test func refusesWhatCannotBeRead() throws {
        #expect(checkpointError { _ = try Safetensors.encode(tensors: [("a", a), ("a", b)]) }?.kind == .invalidInput)
        #expect(checkpointError { _ = try Safetensors.encode(tensors: [("__metadata__", a)]) }?.kind == .invalidInput)
    }

    @Test func aFailedWriteLeavesTheOldFile() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/w.safetensors"
        try Safetensors.write(tensors: [("a", a)], to: path)
        #expect(throws: FileError.self) {
            try Safetensors.write(tensors: [("a", b)], to: scratch.path + "/none/w.safetensors")
        }
        #expect(throws: CheckpointError.self) { try Safetensors.write(tensors: [("a", a), ("a", b)], to: path) }
        #expect(try Checkpoint(safetensors: path).tensor(named: "a").floats == a.floats)
    }

    @Test func allTypesAreAligned() throws {
        let tensors = DType.allCases.enumerated().map { index, dtype in
            (name: "t\(index)", tensor: tensor(dtype, [3], bytes: Array(repeating: 1, count: 3 * dtype.byteCount)))
        }
        let file = try Checkpoint(safetensors: OpenFile(path: "x", bytes: try Safetensors.encode(tensors: tensors)))
        for (name, tensor) in tensors {
            let entry = try #require(file[name])
            guard case .file(_, let offset) = entry.source else { return #expect(Bool(false), "not in the file") }
            #expect(entry.type.dtype == tensor.dtype && offset % tensor.dtype.byteCount == 0)
        }
    }

    @Test func digestIgnoresTheLayout() throws {
        let one = try weightsDigest(of: [("a", a), ("b", b)])
        #expect(try weightsDigest(of: [("b", b), ("a", a)]) == one)
        #expect(try weightsDigest(of: [("a", a), ("b", a)]) != one)
        #expect(try weightsDigest(of: [("a", a.reshaped([3, 2])), ("b", b)]) != one)
        #expect(throws: DuplicateTensorName.self) { try weightsDigest(of: [("a", a), ("a", b)]) }
        #expect(tensorDigests(of: []).isEmpty)
    }
}
