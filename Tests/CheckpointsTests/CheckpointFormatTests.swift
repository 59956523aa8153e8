import Core
import Testing

@testable import Checkpoints

/// A file's format is told by what is certain, whatever number its first bytes are.
struct CheckpointFormatTests {
    /// A safetensors file whose header, filled with spaces, has just so many bytes.
    static func file(header length: Int) -> [UInt8] {
        let header = Array(#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.utf8)
        return le64(length) + header + [UInt8](repeating: 0x20, count: length - header.count) + [0, 0, 0x80, 0x3F]
    }

    /// Magic numbers of two bytes to eight: as the length of a header, low byte first.
    static let magics: [[UInt8]] = [
        Array("PK".utf8), [0x50, 0x4B, 3], [0x50, 0x4B, 3, 4], [0x50, 0x4B, 5, 6], [0x80], [0x80, 2], [0x80, 3],
        [0x80, 4],
        [0x80, 5], [0x1F, 0x8B], Array("BZh".utf8), [0x28, 0xB5, 0x2F], [0x89], [0x93], Array("GG".utf8), [0xFF, 0xD8],
        [0x81, 0xA6], [0xDE, 0], [0x08, 7, 0x12], Array("{".utf8), Array("{\"".utf8), Array("<".utf8), Array("<!".utf8),
        Array("ve".utf8), Array("ver".utf8), [0x00, 0x05, 0x16], [0x0A], [0x7F, 0x45], [0x25, 0x50], [0x28, 0xB5],
    ]

    @Test(arguments: magics)
    func aHeaderLengthThatIsAnothersMagicIsALength(magic: [UInt8]) throws {
        let length = magic.reversed().reduce(0) { $0 << 8 | Int($1) }
        for length in [length, length + 1 << (8 * magic.count)]
        where (54...SafetensorsHeader.lengthLimit).contains(length) {
            let start = le64(length) + Array("{".utf8)
            #expect(try CheckpointFormat.of(OpenFile(path: "x", bytes: start)) == .safetensors, "\(length)")
            // Larger ones take their time.
            guard length < 1 << 20 else { continue }
            let bytes = Self.file(header: length)
            #expect(try CheckpointFormat.of(OpenFile(path: "x", bytes: bytes)) == .safetensors, "\(length)")
            #expect(try Checkpoint(file: OpenFile(path: "x", bytes: bytes))["w"]?.shape == [1], "\(length)")
            #expect(try Checkpoint(safetensors: OpenFile(path: "x", bytes: bytes)).names == ["w"], "\(length)")
        }
    }

    /// Every length of two low bytes, by its first nine bytes alone.
    @Test func everyLengthIsALength() throws {
        for length in 2...(0x1FFFF) {
            let start = le64(length) + Array("{".utf8)
            #expect(try CheckpointFormat.of(OpenFile(path: "x", bytes: start)) == .safetensors)
        }
    }

    @Test func theOthersAreToldByTheirMagic() throws {
        for name in ["torch-list.pt", "torch-types.pt", "torch-script.pt"] {
            #expect(try CheckpointFormat.of(OpenFile(path: fixtures + "/" + name)) == .torchArchive)
        }
        #expect(try CheckpointFormat.of(OpenFile(path: fixtures + "/torch-old.pt")) == .torchStream)
        #expect(try CheckpointFormat.of(OpenFile(path: fixtures + "/python.gguf")) == .gguf)
        #expect(try CheckpointFormat.of(OpenFile(path: fixtures + "/python.safetensors")) == .safetensors)
    }

    /// As the reference implementation has it: `Option` of a map.
    @Test func metadataThatIsNullIsNone() throws {
        let header = #"{"__metadata__":null,"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        let bytes = rawFile(header, data: 4)
        #expect(try Checkpoint(file: OpenFile(path: "x", bytes: bytes)).metadata.isEmpty)
        #expect(try Checkpoint(safetensors: OpenFile(path: "x", bytes: bytes)).metadata.isEmpty)
    }
}
