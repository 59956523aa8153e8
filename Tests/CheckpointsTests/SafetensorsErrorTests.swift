import Compute
import Core
import Testing

@testable import Checkpoints

/// Every rule of the format, broken one at a time.
struct SafetensorsErrorTests {
    static let twoFloats = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#

    func read(_ bytes: [UInt8]) throws -> Checkpoint {
        try Checkpoint(safetensors: OpenFile(path: "x.safetensors", bytes: bytes))
    }

    func fault(_ header: String, data: Int = 8) -> CheckpointError? {
        checkpointError { _ = try read(rawFile(header, data: data)) }
    }

    @Test func aSoundFileIsRead() throws {
        #expect(try read(rawFile(Self.twoFloats, data: 8)).names == ["a"])
        #expect(try read(rawFile(Self.twoFloats + "   ", data: 8)).names == ["a"])
        #expect(try read(rawFile("{}", data: 0)).names.isEmpty)
        #expect(try read(rawFile(#"{"__metadata__":{"k":"v"}}"#, data: 0)).metadata("k") == "v")
    }

    @Test func headerLength() {
        for bytes in [[1], Array(repeating: 0, count: 7)] as [[UInt8]] {
            #expect(checkpointError { _ = try read(bytes) }?.kind == .truncated)
        }
        let lengths: [UInt64] = [0, 1, 100_000_001, .max, 1 << 63, UInt64(Int.max)]
        for length in lengths {
            let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
            #expect(checkpointError { _ = try read(bytes) }?.kind == .headerLength, "\(length)")
        }
        let short = withUnsafeBytes(of: UInt64(3).littleEndian) { Array($0) } + Array("{}".utf8)
        let error = checkpointError { _ = try read(short) }
        #expect(error?.kind == .truncated)
        #expect(error?.expected == "at least 11 bytes" && error?.found == "10")
    }

    @Test(arguments: [
        "[]", " {}", "{ ", #"{"a":}"#, #"{"a":{},"a":{}}"#, #"{"a":1,}"#, "{}x", "{\"\u{1}\":{}}", #"{"\ud800":{}}"#,
    ])
    func headerSyntax(_ header: String) {
        #expect(fault(header)?.kind == .headerSyntax)
    }

    @Test func headerSyntaxNamesTheByte() {
        let error = fault(#"{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#)
        #expect(error?.kind == .headerSyntax)
        #expect(error?.problem.contains("duplicate key") == true)
        #expect(error?.offset == 8 + 20)
    }

    @Test(arguments: [
        #"{"a":1}"#, #"{"a":{}}"#,
        #"{"a":{"dtype":"F32","shape":[2]}}"#,
        #"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#,
        #"{"a":{"shape":[2],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"extra":1}}"#,
        #"{"a":{"dtype":1,"shape":[2],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#,
        #"{"__metadata__":[]}"#, #"{"__metadata__":{"a":1}}"#,
    ])
    func headerEntries(_ header: String) {
        #expect(fault(header)?.kind == .headerEntry)
    }

    @Test func elementTypes() {
        // It is compared and digested, and refused where somebody computes with it.
        let header = #"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#
        #expect(fault(header) == nil)
        let unsupported = checkpointError { _ = try read(rawFile(header, data: 8)).tensor(named: "a") }
        #expect(unsupported?.kind == .dtype && unsupported?.tensor == "a" && unsupported?.found == "F8_E4M3")
        #expect(unsupported?.problem == "unsupported element type")
        let unknown = fault(#"{"a":{"dtype":"f32","shape":[2],"data_offsets":[0,8]}}"#)
        #expect(unknown?.problem == "unknown element type")
    }

    @Test func offsetsMustFitTheShape() {
        for offsets in [
            "[0,4]", "[0,12]", "[8,0]", "[0,9223372036854775807]", "[9223372036854775799,9223372036854775807]",
        ] {
            let error = fault(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":\#(offsets)}}"#, data: 12)
            #expect(error?.kind == .offsets, "\(offsets)")
        }
    }

    @Test func layout() {
        func two(_ first: String, _ second: String, data: Int) -> CheckpointError? {
            fault(
                #"{"a":{"dtype":"U8","shape":[4],"data_offsets":\#(first)},"#
                    + #""b":{"dtype":"U8","shape":[4],"data_offsets":\#(second)}}"#, data: data)
        }
        #expect(two("[0,4]", "[4,8]", data: 8) == nil)
        #expect(two("[4,8]", "[0,4]", data: 8) == nil)
        let overlap = two("[0,4]", "[3,7]", data: 7)
        #expect(overlap?.kind == .offsets && overlap?.tensor == "b" && overlap?.problem == "overlaps tensor \"a\"")
        #expect(two("[0,4]", "[0,4]", data: 4)?.kind == .offsets)
        let hole = two("[0,4]", "[5,9]", data: 9)
        #expect(hole?.kind == .offsets && hole?.problem == "a hole after tensor \"a\"")
        #expect(two("[1,5]", "[5,9]", data: 9)?.problem == "a hole after the header")
        let truncated = two("[0,4]", "[4,8]", data: 7)
        #expect(truncated?.kind == .truncated && truncated?.tensor == "b")
        #expect(two("[0,4]", "[4,8]", data: 9)?.kind == .trailingBytes)
    }

    @Test func missingAndWrongTensors() throws {
        let header =
            #"{"conv_in.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
            + #""ids":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}}"#
        let file = try read(rawFile(header, data: 16))
        let missing = checkpointError { _ = try file.tensor(named: "conv_in.wieght") }
        #expect(missing?.kind == .missingTensor)
        #expect(missing?.hint == "the nearest name is \"conv_in.weight\"")
        let shape = checkpointError { _ = try file.float32(named: "conv_in.weight", shape: [1, 2]) }
        #expect(shape?.kind == .shape && shape?.expected == "[1, 2]" && shape?.found == "[2]")
        #expect(shape?.description.contains("x.safetensors: tensor \"conv_in.weight\": wrong shape") == true)
        #expect(checkpointError { _ = try file.float32(named: "ids") }?.kind == .dtype)
    }

    @Test func unreadableFiles() throws {
        let scratch = try ScratchFolder()
        #expect(checkpointError { _ = try Checkpoint(safetensors: scratch.path + "/none") }?.kind == .unreadable)
        #expect(checkpointError { _ = try Checkpoint(safetensors: scratch.path) }?.kind == .unreadable)
        let empty = try scratch.write("empty.safetensors", "")
        #expect(checkpointError { _ = try Checkpoint(safetensors: empty) }?.kind == .foreign)
    }

    @Test func misalignedTensorsAreCopied() throws {
        let header =
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}"#
        let bytes = rawFile(header, data: 1) + [0, 0, 0xC0, 0x3F]
        #expect(try read(bytes).tensor(named: "b").floats == [1.5])
    }
}
