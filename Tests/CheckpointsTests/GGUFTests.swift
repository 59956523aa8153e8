import Core
import Testing

@testable import Checkpoints

/// Against a file that Python's gguf wrote (`Fixtures/make_gguf.py`), and every rule broken one at a time.
struct GGUFTests {
    func open(_ bytes: [UInt8]) throws -> Checkpoint { try Checkpoint(gguf: OpenFile(path: "x.gguf", bytes: bytes)) }

    func fault(_ bytes: [UInt8]) -> CheckpointError? { checkpointError { _ = try open(bytes) } }

    static let two = GGUFFile(tensors: [
        GGUFFile.Tensor(name: "a", extents: [3, 2], offset: 0, data: [UInt8](repeating: 1, count: 24)),
        GGUFFile.Tensor(name: "b", extents: [32], type: 2, offset: 32, data: [UInt8](repeating: 2, count: 18)),
    ])

    func fault(_ change: (inout GGUFFile) -> Void) -> CheckpointError? {
        var file = Self.two
        change(&file)
        return fault(file.built())
    }

    func fault(_ type: Int, _ bytes: [UInt8]) -> CheckpointError? { fault { $0.values = [("k", type, bytes)] } }

    @Test func readsWhatPythonWrote() throws {
        let expected = JSONCursor(try JSONValue.read(fixtures + "/gguf.json"), name: "expected")
        var bytes = try FileContents.read(fixtures + "/python.gguf")
        try expectSame(open(bytes), expected)
        // The versions differ in what big-endian files look like.
        #expect(bytes[4] == 3)
        bytes[4] = 2
        try expectSame(open(bytes), expected)
        #expect(try open(bytes).container == "GGUF")
    }

    @Test func soundFilesAreRead() throws {
        let checkpoint = try open(Self.two.built())
        #expect(checkpoint["a"]?.shape == [2, 3] && checkpoint["b"]?.type.name == "Q4_0")
        // The last tensor may be filled up, and the header of a file without tensors too.
        #expect(fault(Self.two.built() + [UInt8](repeating: 0, count: 14)) == nil)
        #expect(fault(GGUFFile().built()) == nil)
        #expect(fault(GGUFFile().built() + [UInt8](repeating: 0, count: 8)) == nil)
        let scalar = fault {
            $0.tensors = [GGUFFile.Tensor(name: "s", extents: [], offset: 0, data: [0, 0, 0, 0])]
        }
        #expect(scalar == nil)
    }

    @Test func beginnings() {
        #expect(fault([])?.kind == .truncated)
        #expect(fault { $0.magic = Array("GGML".utf8) }?.problem == "no GGUF file")
        #expect(
            fault { $0.version = 1 }?.description
                == "x.gguf: at byte 4: unsupported GGUF version, expected 2 or 3, found 1 "
                + "(make it again with a program of after August 2023)")
        #expect(fault { $0.version = 4 }?.found == "4")
        let swapped = fault { $0.version = 0x0300_0000 }
        #expect(swapped?.problem == "a big-endian GGUF file")
        #expect(fault { $0.magic = Array("FUGG".utf8) }?.problem == "a big-endian GGUF file")
        for count in [Int.min, -1, .max, 1 << 32, 1000] {
            let values = fault { $0.valueCount = count }
            #expect(values?.kind == .truncated && values?.offset == 16, "\(count)")
            let tensors = fault { $0.tensorCount = count }
            #expect(tensors?.kind == .truncated && tensors?.offset == 8, "\(count)")
        }
        #expect(
            fault { $0.valueCount = Int.min }?.description
                == "x.gguf: at byte 16: number of metadata values: more than the file can hold, expected at most 11, "
                + "found 9223372036854775808")
    }

    @Test func values() {
        #expect(fault(13, [])?.problem == "unknown type of the value of \"k\"")
        #expect(fault(7, [2])?.problem == "the value of \"k\" is no bool")
        #expect(fault(8, le64(Int.min))?.kind == .truncated)
        #expect(fault(8, le64(2) + [0xC3, 0x28])?.problem == "the value of \"k\" is not UTF-8")
        for count in [Int.min, -1, Int.max, 1 << 40] {
            for type in [0, 7, 8, 9, 12] {
                #expect(fault(9, le32(type) + le64(count))?.kind == .truncated, "\(count) of \(type)")
            }
        }
        var nested = GGUFFile.array(0, [[1]])
        for _ in 0..<7 { nested = GGUFFile.array(9, [nested]) }
        #expect(fault(9, nested) == nil)
        let deep = fault(9, GGUFFile.array(9, [nested]))
        #expect(deep?.problem == "arrays nested too deep in the value of \"k\"" && deep?.kind == .headerEntry)
        let long = (0..<100_000).reduce(into: [UInt8]()) { bytes, _ in bytes += le32(9) + le64(1) }
        #expect(fault(9, long)?.problem == "arrays nested too deep in the value of \"k\"")
        #expect(fault { $0.values = [("", 0, [1])] }?.problem == "a metadata key is empty")
        #expect(fault { $0.values = [("k", 0, [1]), ("k", 0, [1])] }?.kind == .duplicateName)
    }

    /// Every type of a value shows in its text, and no string spells what is none.
    @Test func everyTypeHasItsOwnText() throws {
        let numbers: [(Int, [UInt8])] = [
            (0, [7]), (1, [7]), (2, le16(7)), (3, le16(7)), (4, le32(7)), (5, le32(7)), (10, le64(7)), (11, le64(7)),
            (6, le32(Int(Float(7).bitPattern))), (12, le64(Int(Double(7).bitPattern))), (6, le32(0x7FC0_0000)),
            (6, le32(0x7FC0_0001)), (12, le64(0x7FF8_0000_0000_0000)), (7, [1]), (7, [0]),
        ]
        var values = numbers
        for (type, bytes) in numbers {
            values.append((9, GGUFFile.array(type, [bytes])))
            values.append((9, GGUFFile.array(type, [[UInt8]](repeating: bytes, count: 17))))
            values.append((9, GGUFFile.array(9, [GGUFFile.array(type, [bytes])])))
        }
        for type in 0...12 { values.append((9, GGUFFile.array(type, []))) }
        values.append((9, GGUFFile.array(8, [GGUFFile.text("7")])))
        values.append((9, GGUFFile.array(8, [GGUFFile.text("true")])))
        func text(_ value: (Int, [UInt8])) throws -> String {
            var file = Self.two
            file.values = [("k", value.0, value.1)]
            return try open(file.built()).metadata[0].value
        }
        var texts = try values.map(text)
        texts += try (texts + ["7", "7.0", "[7]", "\"7\""]).map { try text((8, GGUFFile.text($0))) }
        for (place, text) in texts.enumerated() {
            #expect(texts.firstIndex { utf8Equal($0, text) } == place, "\(text)")
        }
    }

    @Test func alignments() throws {
        for alignment in [0, 4, 24, 7, -1] {
            let error = fault { $0.values = [("general.alignment", 4, le32(alignment))] }
            #expect(error?.problem == "unusable general.alignment", "\(alignment)")
        }
        #expect(fault { $0.values = [("general.alignment", 10, le64(32))] }?.kind == .headerEntry)
        #expect(fault { $0.values = [("general.alignment", 8, GGUFFile.text("32"))] }?.kind == .headerEntry)
        var file = Self.two
        file.values = [("general.alignment", 4, le32(8))]
        file.alignment = 8
        file.tensors[1].offset = 24
        #expect(try open(file.built()).tensors.count == 2)
        file.values = [("general.alignment", 4, le32(1 << 31))]
        #expect(fault(file.built())?.kind == .offsets)
    }

    @Test func tensors() {
        let unknown = fault { $0.tensors[1].type = 4 }
        #expect(unknown?.kind == .dtype && unknown?.tensor == "b" && unknown?.found == "4")
        let blocks = fault { $0.tensors[1].extents = [33] }
        #expect(blocks?.problem == "the innermost axis is no whole number of Q4_0 blocks" && blocks?.found == "33")
        #expect(fault { $0.tensors[1].extents = [16, 2] }?.kind == .headerEntry)
        #expect(fault { $0.tensors[0].extents = [Int.min] }?.problem == "an axis is too long")
        for extents in [[1 << 62, 2], [Int.max, Int.max], [1 << 61], [0, 1 << 32, 1 << 32]] {
            #expect(fault { $0.tensors[0].extents = extents }?.kind == .headerEntry, "\(extents)")
        }
        #expect(fault { $0.tensors[0].extents = [Int](repeating: 1, count: 9) }?.problem == "too many axes")
        for offset in [1, 33, Int.max, -1, Int.min, 1 << 62] {
            let kind = fault { $0.tensors[1].offset = offset }?.kind
            #expect(kind == .offsets || kind == .truncated, "\(offset)")
        }
        #expect(fault { $0.tensors[1].name = "a" }?.kind == .duplicateName)
    }

    @Test func layout() {
        let overlap = fault { $0.tensors[0].extents = [3, 4] }
        #expect(overlap?.kind == .offsets && overlap?.problem == "overlaps tensor \"a\"")
        let hole = fault {
            $0.tensors[1].offset = 64
            $0.tensors[1].data += [UInt8](repeating: 0, count: 32)
        }
        #expect(hole?.problem == "a hole after tensor \"a\"" && hole?.expected == "offset 32")
        let trailing = fault(Self.two.built() + [UInt8](repeating: 0, count: 15))
        #expect(trailing?.kind == .trailingBytes && trailing?.problem == "bytes after tensor \"b\"")
        #expect(fault(GGUFFile().built() + [UInt8](repeating: 0, count: 9))?.problem == "bytes after the header")
        let sound = Self.two.built()
        for count in sound.indices { #expect(fault(Array(sound.prefix(count))) != nil, "\(count) bytes") }
    }
}
