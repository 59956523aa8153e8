import Digests

/// What a trace holds under one name: a digest, or values as exact bits.
public enum TraceValue: Sendable, Equatable {
    /// The digest of a tensor (`Digest.tensor`) or of anything else.
    case digest(Digest)
    /// Float32 values as bit patterns.
    case float32([UInt32])
    /// Float64 values as bit patterns.
    case float64([UInt64])
    /// Integers.
    case integers([Int64])
    /// Texts, such as the ids of pairs.
    case text([String])

    /// Equality of the bits (texts: of their UTF-8 bytes).
    public static func == (left: TraceValue, right: TraceValue) -> Bool {
        switch (left, right) {
        case (.digest(let left), .digest(let right)): left == right
        case (.float32(let left), .float32(let right)): left == right
        case (.float64(let left), .float64(let right)): left == right
        case (.integers(let left), .integers(let right)): left == right
        case (.text(let left), .text(let right)): left.elementsEqual(right, by: utf8Equal)
        default: false
        }
    }
}

/// One named value of a phase.
public struct TraceEntry: Sendable, Equatable {
    /// The name, unique in its phase; for a tensor, its name in the checkpoint.
    public let name: String
    /// The value.
    public let value: TraceValue
    /// The dimensions, where they are worth recording.
    public let shape: [Int]?

    /// An entry.
    public init(_ name: String, _ value: TraceValue, shape: [Int]? = nil) {
        self.name = name
        self.value = value
        self.shape = shape
    }

    /// One Float by its bits.
    public init(_ name: String, _ value: Float) { self.init(name, .float32([value.bitPattern])) }

    /// One Double by its bits.
    public init(_ name: String, _ value: Double) { self.init(name, .float64([value.bitPattern])) }

    /// One digest.
    public init(_ name: String, _ digest: Digest) { self.init(name, .digest(digest)) }

    /// Equality of name, bits and shape.
    public static func == (left: TraceEntry, right: TraceEntry) -> Bool {
        utf8Equal(left.name, right.name) && left.value == right.value && left.shape == right.shape
    }

    /// The JSON form: a digest without shape is its 64 hexadecimal digits; everything else is an object with one of
    /// the members `digest`, `f32`, `f64`, `i64`, `text` and, where recorded, `shape`.
    public var json: JSONValue {
        if case .digest(let digest) = value, shape == nil { return .digest(digest) }
        var object = JSONObject()
        switch value {
        case .digest(let digest): object["digest"] = .digest(digest)
        case .float32(let bits): object["f32"] = .array(bits.map { .string(HexFloat.string(bits: $0)) })
        case .float64(let bits): object["f64"] = .array(bits.map { .string(HexFloat.string(bits: $0)) })
        case .integers(let values): object["i64"] = .array(values.map { .integer($0) })
        case .text(let texts): object["text"] = .array(texts.map { .string($0) })
        }
        if let shape { object["shape"] = .array(shape.map { .integer($0) }) }
        return .object(object)
    }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    public init(name: String, json cursor: JSONCursor) throws {
        if case .string = cursor.value {
            self.init(name, .digest(try cursor.digest()))
            return
        }
        try cursor.requireOnly(["digest", "f32", "f64", "i64", "shape", "text"])
        let shape = try cursor["shape"].value == nil ? nil : cursor["shape"].elements().map { try $0.int() }
        let kinds = try cursor.members().filter { $0.key != "shape" }
        guard kinds.count == 1, let (kind, value) = kinds.first else {
            throw cursor.error(expected: "one of digest, f32, f64, i64, text", found: "\(kinds.count) of them")
        }
        switch kind {
        case "digest": self.init(name, .digest(try value.digest()), shape: shape)
        case "f32": self.init(name, .float32(try value.elements().map { try $0.bits(as: UInt32.self) }), shape: shape)
        case "f64": self.init(name, .float64(try value.elements().map { try $0.bits(as: UInt64.self) }), shape: shape)
        case "i64": self.init(name, .integers(try value.elements().map { try $0.int64() }), shape: shape)
        default: self.init(name, .text(try value.elements().map { try $0.string() }), shape: shape)
        }
    }
}
