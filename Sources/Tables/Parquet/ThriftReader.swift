/// Reads structures of Thrift's compact protocol, which Parquet's footers and page headers are written in
/// (thrift/doc/specs/thrift-compact-protocol.md). Every length is checked against the bytes that are left.
struct ThriftReader {
    /// The types of fields and elements.
    enum Kind: UInt8 {
        case yes = 1
        case no = 2
        case byte = 3
        case int16 = 4
        case int32 = 5
        case int64 = 6
        case double = 7
        case binary = 8
        case list = 9
        case set = 10
        case map = 11
        case structure = 12
        case uuid = 13
    }

    private let bytes: [UInt8]
    /// Where the first byte lies in the file.
    private let start: Int
    private let base: TablePlace
    private(set) var position = 0
    /// Whether reading failed only because the bytes end: more of them may help.
    private(set) var ranOut = false
    private var depth = 0

    init(_ bytes: [UInt8], start: Int, _ place: TablePlace) {
        self.bytes = bytes
        self.start = start
        base = place
    }

    var place: TablePlace { base.at(start + position) }

    private mutating func need(_ count: Int) throws {
        guard count <= bytes.count - position else {
            ranOut = true
            throw place.error(.truncated, "a structure ends too early", expected: "\(count) more bytes")
        }
    }

    private mutating func byte() throws -> UInt8 {
        try need(1)
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw place.error(.metadata, "a number of more than 64 bits")
    }

    private mutating func zigzag() throws -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    private func wrong(_ kind: Kind, _ expected: String) -> TableError {
        place.error(.metadata, "a field of another type", expected: expected, found: "\(kind)")
    }

    /// A truth value, which stands in the field's type.
    func bool(_ kind: Kind) throws -> Bool {
        guard kind == .yes || kind == .no else { throw wrong(kind, "a truth value") }
        return kind == .yes
    }

    /// A whole number of any width.
    mutating func int(_ kind: Kind) throws -> Int {
        switch kind {
        case .byte: return Int(Int8(bitPattern: try byte()))
        case .int16, .int32, .int64:
            let value = try zigzag()
            let fits = kind == .int64 || (kind == .int32 ? Int32(exactly: value) != nil : Int16(exactly: value) != nil)
            guard fits else { throw place.error(.metadata, "a number that its type does not hold", found: "\(value)") }
            return Int(value)
        default: throw wrong(kind, "a whole number")
        }
    }

    /// A number from 0 on.
    mutating func count(_ kind: Kind) throws -> Int {
        let value = try int(kind)
        guard value >= 0 else { throw place.error(.metadata, "a negative number", found: "\(value)") }
        return value
    }

    /// Bytes.
    mutating func binary(_ kind: Kind) throws -> ArraySlice<UInt8> {
        guard kind == .binary else { throw wrong(kind, "bytes") }
        let count = try varint()
        try need(Int(clamping: count))
        defer { position += Int(count) }
        return bytes[position..<position + Int(count)]
    }

    /// UTF-8.
    mutating func text(_ kind: Kind) throws -> String {
        guard let text = String(validating: try binary(kind), as: UTF8.self) else {
            throw place.error(.text, "a name that is not UTF-8")
        }
        return text
    }

    /// All fields of a structure: `body` reads each or says that it does not know it.
    mutating func structure(_ kind: Kind = .structure, _ body: (inout ThriftReader, Int, Kind) throws -> Bool) throws {
        guard kind == .structure else { throw wrong(kind, "a structure") }
        try descend()
        defer { depth -= 1 }
        var last = 0
        while true {
            let header = try byte()
            if header == 0 { return }
            guard let kind = Kind(rawValue: header & 0x0F) else {
                throw place.error(.metadata, "a field of an unknown type", found: "\(header & 0x0F)")
            }
            let id = header >> 4 > 0 ? last + Int(header >> 4) : Int(clamping: try zigzag())
            // Every writer goes through the fields in order: another order is damage, and so is a field that comes twice.
            guard id > last, id <= Int(Int16.max) else { throw place.error(.metadata, "fields out of order") }
            last = id
            if try !body(&self, id, kind) { try skip(kind, isElement: false) }
        }
    }

    /// All elements of a list.
    mutating func list(_ kind: Kind, _ body: (inout ThriftReader, Kind) throws -> Void) throws {
        guard kind == .list || kind == .set else { throw wrong(kind, "a list") }
        try descend()
        defer { depth -= 1 }
        let header = try byte()
        let count = header >> 4 == 15 ? try varint() : UInt64(header >> 4)
        // Every element takes a byte at least.
        try need(Int(clamping: count))
        guard let element = Kind(rawValue: header & 0x0F) else {
            if count == 0 { return }
            throw place.error(.metadata, "a list of an unknown type", found: "\(header & 0x0F)")
        }
        for _ in 0..<count { try body(&self, element) }
    }

    private mutating func descend() throws {
        depth += 1
        guard depth <= 32 else { throw place.error(.limit, "structures inside each other", expected: "32 at most") }
    }

    private mutating func skip(_ kind: Kind, isElement: Bool) throws {
        switch kind {
        case .yes, .no: if isElement { _ = try byte() }
        case .byte: _ = try byte()
        case .int16, .int32, .int64: _ = try varint()
        case .double: try pass(8)
        case .uuid: try pass(16)
        case .binary: _ = try binary(.binary)
        case .list, .set: try list(kind) { try $0.skip($1, isElement: true) }
        case .map:
            let count = try varint()
            if count == 0 { return }
            try need(Int(clamping: count))
            let kinds = try byte()
            guard let key = Kind(rawValue: kinds >> 4), let value = Kind(rawValue: kinds & 0x0F) else {
                throw place.error(.metadata, "a map of an unknown type", found: "\(kinds)")
            }
            for _ in 0..<count {
                try skip(key, isElement: true)
                try skip(value, isElement: true)
            }
        case .structure: try structure { _, _, _ in false }
        }
    }

    private mutating func pass(_ count: Int) throws {
        try need(count)
        position += count
    }
}
