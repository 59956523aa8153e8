import Compute
import Core

/// The header of a safetensors file: eight bytes with its length, little-endian, then that many bytes of JSON, then
/// the tensors' bytes. Format: <https://huggingface.co/docs/safetensors>, with every rule checked.
struct SafetensorsHeader {
    /// The largest header that the reference implementation reads.
    static let lengthLimit = 100_000_000
    /// Values in a header: about ten a tensor.
    static let valueLimit = 2_000_000

    /// One tensor of the file.
    struct Row {
        let name: String
        let type: ElementType
        let shape: [Int]
        /// Place of its bytes, counted from the beginning of the file.
        let range: Range<Int>
    }

    /// The tensors in the order of their bytes in the file.
    let rows: [Row]
    /// The free texts under `__metadata__`, in byte order of their keys.
    let metadata: [(key: String, value: String)]

    /// Reads and checks the header; nothing of the tensors is read.
    /// - Throws: `CheckpointError`.
    init(_ opened: OpenFile) throws {
        let file = opened.path
        try ForeignFile.refuse(opened)
        let length = try Self.length(opened)
        let root = try Self.parse(file: file, text: try opened.bytes(8..<(8 + length)))
        let reader = SafetensorsEntryReader(file: file, dataStart: 8 + length)
        var metadata: [(key: String, value: String)] = []
        var rows: [Row] = []
        for (name, value) in root.members {
            if utf8Equal(name, "__metadata__") {
                metadata = try reader.metadata(value)
            } else {
                rows.append(try reader.row(name, value))
            }
        }
        rows.sort {
            let (left, right) = ($0.range, $1.range)
            if left.lowerBound != right.lowerBound { return left.lowerBound < right.lowerBound }
            if left.upperBound != right.upperBound { return left.upperBound < right.upperBound }
            return utf8Less($0.name, $1.name)
        }
        try Self.checkLayout(rows, file: file, dataStart: 8 + length, fileSize: opened.size)
        (self.rows, self.metadata) = (rows, metadata)
    }

    private static func length(_ opened: OpenFile) throws -> Int {
        let (file, size) = (opened.path, opened.size)
        guard size >= 8 else {
            throw CheckpointError(
                .truncated, file: file, offset: size, "the file ends within the header's length",
                expected: "at least 10 bytes", found: "\(size)")
        }
        var length: UInt64 = 0
        try withUnsafeMutableBytes(of: &length) { try opened.read(8, at: 0, into: $0.baseAddress!) }
        length = UInt64(littleEndian: length)
        guard length >= 2, length <= lengthLimit else {
            throw CheckpointError(
                .headerLength, file: file, offset: 0, "header length out of bounds", expected: "2…\(lengthLimit)",
                found: "\(length)", hint: "this is not a safetensors file, or its beginning is damaged")
        }
        guard Int(length) <= size - 8 else {
            throw CheckpointError(
                .truncated, file: file, offset: size, "the file ends within the header",
                expected: "at least \(8 + length) bytes", found: "\(size)", hint: "copy the file again")
        }
        return Int(length)
    }

    private static func parse(file: String, text: [UInt8]) throws -> JSONObject {
        guard text.first == UInt8(ascii: "{") else {
            throw CheckpointError(
                .headerSyntax, file: file, offset: 8, "the header must begin with {",
                found: text.first.map { "byte 0x" + String($0, radix: 16) })
        }
        let value: JSONValue
        do {
            value = try JSONValue.parse(text, file: "header", valueLimit: valueLimit)
        } catch let error as JSONSyntaxError {
            throw CheckpointError(
                .headerSyntax, file: file, offset: 8 + error.offset, "the header is not strict JSON: \(error.reason)")
        }
        guard case .object(let object) = value else {
            throw CheckpointError(
                .headerSyntax, file: file, offset: 8, "wrong kind of header", expected: "object", found: value.kind)
        }
        return object
    }

    /// The tensors must cover the rest of the file exactly, each byte once.
    private static func checkLayout(_ rows: [Row], file: String, dataStart: Int, fileSize: Int) throws {
        var end = dataStart
        var previous = "the header"
        for row in rows {
            let range = row.range
            guard range.upperBound <= fileSize else {
                throw CheckpointError(
                    .truncated, file: file, tensor: row.name, offset: fileSize, "the file ends within the tensor",
                    expected: "at least \(range.upperBound) bytes", found: "\(fileSize)", hint: "copy the file again")
            }
            guard range.lowerBound == end else {
                let overlap = range.lowerBound < end
                throw CheckpointError(
                    .offsets, file: file, tensor: row.name, offset: range.lowerBound,
                    overlap ? "overlaps \(previous)" : "a hole after \(previous)", expected: "data from byte \(end)",
                    found: "\(range.lowerBound)")
            }
            end = range.upperBound
            previous = "tensor \"\(row.name)\""
        }
        guard end == fileSize else {
            throw CheckpointError(
                .trailingBytes, file: file, offset: end, "bytes after \(previous)", expected: "a file of \(end) bytes",
                found: "\(fileSize)")
        }
    }
}
