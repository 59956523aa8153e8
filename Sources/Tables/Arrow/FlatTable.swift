/// A table of FlatBuffers, which Arrow's metadata is written in (flatbuffers.dev, "Internals"). Every offset is checked
/// against the bytes before it is followed.
struct FlatTable {
    private let bytes: [UInt8]
    private let start: Int
    /// Where the first byte of `bytes` lies in the file.
    private let origin: Int
    private let base: TablePlace
    /// Places of the fields in the table; 0 where there is none.
    private let fields: [Int]

    /// The table that a buffer is about. - Throws: `TableError`.
    init(root bytes: [UInt8], origin: Int, _ place: TablePlace) throws {
        guard bytes.count >= 4 else { throw place.at(origin).error(.truncated, "metadata of less than four bytes") }
        try self.init(bytes, at: Self.number(bytes, 0, UInt32.self), origin: origin, place)
    }

    private init(_ bytes: [UInt8], at start: some BinaryInteger, origin: Int, _ place: TablePlace) throws {
        (self.bytes, self.start, self.origin, base) = (bytes, Int(start), origin, place)
        func inside(_ position: Int, _ count: Int) throws {
            guard position >= 0, count >= 0, position <= bytes.count - count else {
                throw place.at(origin).error(
                    .metadata, "a place beyond the metadata", expected: "\(bytes.count) bytes",
                    found: "byte \(position)")
            }
        }
        try inside(self.start, 4)
        let table = self.start - Int(Self.number(bytes, self.start, Int32.self))
        try inside(table, 4)
        let size = Int(Self.number(bytes, table, UInt16.self))
        let own = Int(Self.number(bytes, table + 2, UInt16.self))
        try inside(table, size)
        try inside(self.start, own)
        guard size >= 4, size % 2 == 0 else { throw place.at(origin).error(.metadata, "a table of no possible size") }
        fields = try (0..<(size - 4) / 2).map { index in
            let field = Int(Self.number(bytes, table + 4 + 2 * index, UInt16.self))
            guard field == 0 || (4..<max(own, 4)).contains(field) else {
                throw place.at(origin).error(.metadata, "a field beyond its table")
            }
            return field
        }
    }

    private static func number<Number: FixedWidthInteger>(_ bytes: [UInt8], _ place: Int, _: Number.Type) -> Number {
        bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Number.self)) }
    }

    func error(
        _ problem: String, kind: TableError.Kind = .metadata, expected: String? = nil, found: String? = nil,
        hint: String? = nil
    ) -> TableError {
        base.at(origin + start).error(kind, problem, expected: expected, found: found, hint: hint)
    }

    private func place(_ field: Int, _ count: Int) throws -> Int? {
        guard field < fields.count, fields[field] != 0 else { return nil }
        let place = start + fields[field]
        guard place <= bytes.count - count else { throw error("a field beyond the metadata") }
        return place
    }

    /// A whole number, or what stands for it where there is none. - Throws: `TableError`.
    func number<Number: FixedWidthInteger>(_ field: Int, default value: Number) throws -> Number {
        guard let place = try place(field, MemoryLayout<Number>.size) else { return value }
        return Self.number(bytes, place, Number.self)
    }

    /// A truth value; false where there is none. - Throws: `TableError`.
    func bool(_ field: Int) throws -> Bool { try number(field, default: UInt8(0)) != 0 }

    private func target(_ place: Int) throws -> Int {
        let target = place + Int(Self.number(bytes, place, UInt32.self))
        guard target <= bytes.count - 4 else { throw error("a place beyond the metadata") }
        return target
    }

    /// A table inside. - Throws: `TableError`.
    func table(_ field: Int) throws -> FlatTable? {
        guard let place = try place(field, 4) else { return nil }
        return try FlatTable(bytes, at: try target(place), origin: origin, base)
    }

    /// Where the elements of a list of so many bytes each begin, and how many there are. - Throws: `TableError`.
    private func list(_ field: Int, size: Int) throws -> (start: Int, count: Int)? {
        guard let place = try place(field, 4) else { return nil }
        let start = try target(place)
        let count = Int(Self.number(bytes, start, UInt32.self))
        guard count <= (bytes.count - start - 4) / size else {
            throw error("a list beyond the metadata", found: "\(count)")
        }
        return (start + 4, count)
    }

    /// All tables of a list. - Throws: `TableError`.
    func tables(_ field: Int) throws -> [FlatTable] {
        guard let (start, count) = try list(field, size: 4) else { return [] }
        return try (0..<count).map { try FlatTable(bytes, at: try target(start + 4 * $0), origin: origin, base) }
    }

    /// All pairs of a list of structures of two numbers. - Throws: `TableError`.
    func pairs(_ field: Int) throws -> [(Int64, Int64)] {
        guard let (start, count) = try list(field, size: 16) else { return [] }
        return (0..<count).map {
            (Self.number(bytes, start + 16 * $0, Int64.self), Self.number(bytes, start + 16 * $0 + 8, Int64.self))
        }
    }

    /// All places of messages in a list: where each begins, bytes of its metadata and of its body (`Block` of File.fbs).
    /// - Throws: `TableError`.
    func blocks(_ field: Int) throws -> [(Int64, Int32, Int64)] {
        guard let (start, count) = try list(field, size: 24) else { return [] }
        return (0..<count).map {
            let place = start + 24 * $0
            return (
                Self.number(bytes, place, Int64.self), Self.number(bytes, place + 8, Int32.self),
                Self.number(bytes, place + 16, Int64.self)
            )
        }
    }

    /// All whole numbers of a list. - Throws: `TableError`.
    func numbers(_ field: Int) throws -> [Int64] {
        guard let (start, count) = try list(field, size: 8) else { return [] }
        return (0..<count).map { Self.number(bytes, start + 8 * $0, Int64.self) }
    }

    /// UTF-8; empty where there is none. - Throws: `TableError`.
    func text(_ field: Int) throws -> String {
        guard let (start, count) = try list(field, size: 1) else { return "" }
        guard let text = String(validating: bytes[start..<start + count], as: UTF8.self) else {
            throw base.at(origin + start).error(.text, "a name that is not UTF-8")
        }
        return text
    }
}
