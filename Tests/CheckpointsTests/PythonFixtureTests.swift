import Compute
import Core
import Foundation
import Testing

@testable import Checkpoints

/// Against a file that Python's safetensors 0.8 wrote (`Fixtures/make.py`).
struct PythonFixtureTests {
    let path = fixtures + "/python.safetensors"

    func expected(_ key: String) throws -> JSONCursor {
        try JSONCursor(try JSONValue.read(fixtures + "/expected.json"), name: "expected")[key]
    }

    @Test func readsNamesTypesShapesAndValues() throws {
        let file = try Checkpoint(safetensors: path)
        #expect(try file.names == expected("names").elements().map { try $0.string() })
        #expect(file.metadata("format") == "pt")
        #expect(file.metadata.count == 1)
        #expect(file["conv.weight"]?.shape == [4, 3, 3, 3])
        #expect(file["brain"]?.type.dtype == .bf16)
        #expect(file["no"] == nil)
        #expect(try file.tensor(named: "größe/尺寸/😀").floats == [0, 1])
        #expect(try file.float32(named: "half", shape: [2, 2]).floats == [1.5, -65504, 0x1p-24, .infinity])
        #expect(try file.float32(named: "brain").floats == [1, -3.140625])
        #expect(try file.float32(named: "scalar").floats.map(\.bitPattern) == [0x8000_0000])
        #expect(try file.float32(named: "empty", shape: [0, 7]).count == 0)
        let double = try file.float32(named: "double").floats
        #expect(double[0] == Float(1.0 / 3.0) && double[1] == .infinity && double[2] == 0 && double[3].isNaN)
    }

    @Test func viewsShareTheMapping() throws {
        let file = try Checkpoint(safetensors: path)
        let first = try file.tensor(named: "conv.weight")
        let second = try file.float32(named: "conv.weight")
        #expect(first.storage === second.storage && first.offset == second.offset)
    }

    /// A file of more than 4 GiB, all but its ends a hole that takes no disk space.
    @Test func offsetsBeyond32Bits() throws {
        let scratch = try ScratchFolder()
        let count = (1 << 32) + 8
        let header =
            #"{"a":{"dtype":"U8","shape":[\#(count)],"data_offsets":[0,\#(count)]},"#
            + #""b":{"dtype":"F32","shape":[1],"data_offsets":[\#(count),\#(count + 4)]}} "#
        let start = rawFile(header, data: 0)
        let path = scratch.path + "/large.safetensors"
        try AtomicFile.write(start, to: path)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seek(toOffset: UInt64(start.count + count))
        try handle.write(contentsOf: [0, 0, 0xC0, 0x3F])
        try handle.close()
        let file = try Checkpoint(safetensors: path)
        #expect(try file.float32(named: "b", shape: [1]).floats == [1.5])
        // `bytes` does not keep the mapping; the tensor does.
        let a = try file.tensor(named: "a")
        withExtendedLifetime(a) { #expect(a.bytes[count - 1] == 0) }
    }

    @Test func digestsAreThoseOfPython() throws {
        let file = try Checkpoint(safetensors: path)
        #expect(try file.weightsDigest().hex == expected("weights_digest").string())
        let half = try file.tensor(named: "half").digest(named: "half")
        #expect(try half.hex == expected("tensor_digest_half").string())
    }

    /// The writer gives the reference implementation's bytes, from tensors in any order.
    @Test func writesTheSameBytes() throws {
        let file = try Checkpoint(safetensors: path)
        let tensors = try file.names.map { (name: $0, tensor: try file.tensor(named: $0)) }
        let reference = try FileContents.read(path)
        #expect(try Safetensors.encode(tensors: tensors, metadata: ["format": "pt"]) == reference)
        #expect(try Safetensors.encode(tensors: tensors.reversed(), metadata: ["format": "pt"]) == reference)
    }
}
