import Core

/// The header of a GGUF file: what it says of itself, and of each tensor. Format:
/// <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, versions 2 and 3, little-endian.
struct GGUFHeader {
    /// More tensors, or more values, are refused.
    static let countLimit = 1_000_000
    /// The format's limit on keys; the one on names differs between programs.
    static let nameLimit = 65535
    /// One more than ggml has, for later ones.
    static let axisLimit = 8

    /// One tensor of the file.
    struct Row {
        let name: String
        let type: ElementType
        /// Outermost axis first.
        let shape: [Int]
        /// Place of its bytes, counted from `dataStart`.
        let range: Range<Int>
        /// Where the header tells of it.
        let place: Int
    }

    /// The tensors in the order of their bytes in the file.
    let rows: [Row]
    /// Keys and values, in the order of the file.
    let metadata: [(key: String, value: String)]
    /// Where the tensors' bytes begin.
    let dataStart: Int

    /// Reads and checks the header; nothing of the tensors is read.
    /// - Throws: `CheckpointError`.
    init(_ opened: OpenFile) throws {
        var cursor = GGUFCursor(opened)
        try Self.checkBeginning(&cursor)
        // A tensor takes at least a name's length, a number of axes, a type and an offset.
        let tensorCount = try Self.count(&cursor, of: 24, "number of tensors")
        let valueCount = try Self.count(&cursor, of: 13, "number of metadata values")
        var metadata: [(key: String, value: String)] = []
        var alignment = 32
        for _ in 0..<valueCount {
            let start = cursor.position
            let key = try cursor.text("a metadata key", limit: Self.nameLimit)
            guard !key.isEmpty else {
                throw CheckpointError(.headerEntry, file: opened.path, offset: start, "a metadata key is empty")
            }
            let typeStart = cursor.position
            let value = try GGUFMetadataReader().value(&cursor, key: "\"\(ForeignText.shown(key))\"")
            if utf8Equal(key, "general.alignment") {
                let type = try opened.bytes(typeStart..<(typeStart + 4)).u32(0)
                let number = value.split(separator: " ").last.map(String.init) ?? ""
                alignment = try Self.alignment(number, type: type, file: opened.path, offset: typeStart)
            }
            metadata.append((key, value))
        }
        var rows: [Row] = []
        for _ in 0..<tensorCount { rows.append(try Self.row(&cursor, alignment: alignment)) }
        let layout = GGUFLayout(file: opened, alignment: alignment, headerEnd: cursor.position)
        (self.rows, dataStart) = (try layout.checked(rows), layout.dataStart)
        self.metadata = metadata
    }

    private static func checkBeginning(_ cursor: inout GGUFCursor) throws {
        let file = cursor.file.path
        let magic = try cursor.integer(UInt32.self, "the magic number")
        guard magic != 0x4747_5546 else {
            throw CheckpointError(
                .container, file: file, offset: 0, "a big-endian GGUF file", expected: "little-endian",
                hint: "gguf-convert-endian of Python's gguf turns it")
        }
        guard magic == 0x4655_4747 else {
            throw CheckpointError(
                .container, file: file, offset: 0, "no GGUF file", expected: "magic number 0x46554747",
                found: "0x" + String(magic, radix: 16))
        }
        let version = try cursor.integer(UInt32.self, "the version")
        guard version & 0xFFFF != 0 else {
            throw CheckpointError(
                .container, file: file, offset: 4, "a big-endian GGUF file", expected: "little-endian",
                found: "version 0x" + String(version, radix: 16), hint: "gguf-convert-endian of Python's gguf turns it")
        }
        guard version == 2 || version == 3 else {
            throw CheckpointError(
                .container, file: file, offset: 4, "unsupported GGUF version", expected: "2 or 3", found: "\(version)",
                hint: version == 1 ? "make it again with a program of after August 2023" : nil)
        }
    }

    private static func count(_ cursor: inout GGUFCursor, of size: Int, _ what: String) throws -> Int {
        let start = cursor.position
        let count = try cursor.count(of: size, what)
        guard count <= countLimit else {
            throw CheckpointError(
                .container, file: cursor.file.path, offset: start, "\(what) too large",
                expected: "at most \(countLimit)", found: "\(count)")
        }
        return count
    }

    private static func alignment(_ value: String, type: Int, file: String, offset: Int) throws -> Int {
        guard type == Int(GGUFValueType.uint32.rawValue), let alignment = Int(value), alignment >= 8,
            alignment.nonzeroBitCount == 1
        else {
            throw CheckpointError(
                .headerEntry, file: file, offset: offset, "unusable general.alignment",
                expected: "uint32, a power of two from 8 on", found: ForeignText.shown(value))
        }
        return alignment
    }

    private static func row(_ cursor: inout GGUFCursor, alignment: Int) throws -> Row {
        let place = cursor.position
        let file = cursor.file.path
        let name = try cursor.text("a tensor's name", limit: nameLimit)
        func bad(_ kind: CheckpointError.Kind, _ problem: String, expected: String? = nil, found: String? = nil)
            -> CheckpointError
        {
            CheckpointError(
                kind, file: file, tensor: name, offset: place, problem, expected: expected, found: found)
        }
        let axisCount = try cursor.integer(UInt32.self, "a number of axes")
        guard axisCount <= axisLimit else {
            throw bad(.headerEntry, "too many axes", expected: "at most \(axisLimit)", found: "\(axisCount)")
        }
        var shape: [Int] = []
        for _ in 0..<axisCount {
            let extent = try cursor.integer(UInt64.self, "a shape")
            guard let extent = Int(exactly: extent) else {
                throw bad(.headerEntry, "an axis is too long", found: "\(extent)")
            }
            shape.insert(extent, at: 0)
        }
        let number = try cursor.integer(UInt32.self, "an element type")
        guard let type = GGUFType.type(number) else { throw bad(.dtype, "unknown element type", found: "\(number)") }
        let offset = try cursor.integer(UInt64.self, "an offset")
        guard (shape.last ?? 1) % type.elementsPerBlock == 0 else {
            throw bad(
                .headerEntry, "the innermost axis is no whole number of \(type.name) blocks",
                expected: "a multiple of \(type.elementsPerBlock)", found: "\(shape.last ?? 1)")
        }
        guard let byteCount = type.byteCount(shape) else {
            throw bad(.headerEntry, "the shape has too many elements", found: "\(shape)")
        }
        guard let start = Int(exactly: offset), start % alignment == 0,
            case let end = start.addingReportingOverflow(byteCount), !end.overflow
        else { throw bad(.offsets, "wrong offset", expected: "a multiple of \(alignment)", found: "\(offset)") }
        return Row(name: name, type: type, shape: shape, range: start..<end.partialValue, place: place)
    }
}
