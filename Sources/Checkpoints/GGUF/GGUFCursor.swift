/// Reads the header of a GGUF file from beginning to end, by blocks.
struct GGUFCursor {
    /// A longer header is refused; vocabularies take some ten megabytes.
    static let headerLimit = 256 << 20
    /// A longer text is refused.
    static let textLimit = 16 << 20

    let file: OpenFile
    private(set) var position = 0
    private var block: [UInt8] = []
    private var blockStart = 0

    init(_ file: OpenFile) { self.file = file }

    /// Bytes after the position.
    var remaining: Int { file.size - position }

    /// The next integer, lowest byte first.
    mutating func integer<Integer: FixedWidthInteger & UnsignedInteger>(
        _ type: Integer.Type, _ what: @autoclosure () -> String
    ) throws -> Integer {
        let place = try take(MemoryLayout<Integer>.size, what())
        return block.littleEndian(place, type)
    }

    /// A number of eight bytes, of things that take at least `size` bytes each and are all in the rest of the file.
    mutating func count(of size: Int, _ what: @autoclosure () -> String) throws -> Int {
        let start = position
        let value = try integer(UInt64.self, what())
        guard let count = Int(exactly: value), count <= remaining / size else {
            throw CheckpointError(
                .truncated, file: file.path, offset: start, "\(what()): more than the file can hold",
                expected: "at most \(remaining / size)", found: "\(value)")
        }
        return count
    }

    /// A text: the number of its bytes, then UTF-8.
    mutating func text(_ what: @autoclosure () -> String, limit: Int = textLimit) throws -> String {
        let start = position
        let count = try count(of: 1, "length of \(what())")
        guard count <= limit else {
            throw CheckpointError(
                .container, file: file.path, offset: start, "\(what()) is too long", expected: "at most \(limit) bytes",
                found: "\(count)")
        }
        let place = try take(count, what())
        let bytes = block[place..<(place + count)]
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CheckpointError(
                .container, file: file.path, offset: start + 8, "\(what()) is not UTF-8",
                found: ForeignText.shown(bytes))
        }
        return text
    }

    /// Passes so many bytes without reading them.
    mutating func pass(_ count: Int, _ what: @autoclosure () -> String) throws {
        try check(count, what())
        position += count
    }

    /// Passes so many bytes; returns where they are in the block.
    private mutating func take(_ count: Int, _ what: @autoclosure () -> String) throws -> Int {
        try check(count, what())
        if position + count > blockStart + block.count {
            block = try file.bytes(position..<(position + min(max(count, 1 << 16), remaining)))
            blockStart = position
        }
        position += count
        return position - count - blockStart
    }

    private func check(_ count: Int, _ what: @autoclosure () -> String) throws {
        guard count <= remaining else {
            throw CheckpointError(
                .truncated, file: file.path, offset: file.size, "the file ends within \(what())",
                expected: "at least \(count) bytes from byte \(position) on", found: "\(remaining)",
                hint: "copy the file again")
        }
        guard count <= Self.headerLimit - position else {
            throw CheckpointError(
                .container, file: file.path, offset: position, "the header is too long",
                expected: "at most \(Self.headerLimit) bytes")
        }
    }
}
