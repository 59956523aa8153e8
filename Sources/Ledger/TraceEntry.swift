import Core

/// The value of a trace under one name: a digest, or values as exact bits.
package enum TraceValue: Sendable, Equatable {
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
    /// The phase's tensors.
    case tensors(TensorCommitment)

    /// The JSON form: a digest is its 64 hexadecimal digits; numbers and texts are an object with one of the members
    /// `f32`, `f64`, `i64`, `text`; tensors an object of `count`, `names`, `root`.
    package var json: JSONValue {
        switch self {
        case .digest(let digest): .digest(digest)
        case .float32(let bits): ["f32": .array(bits.map { .string(HexFloat.string(bits: $0)) })]
        case .float64(let bits): ["f64": .array(bits.map { .string(HexFloat.string(bits: $0)) })]
        case .integers(let values): ["i64": .array(values.map { .integer($0) })]
        case .text(let texts): ["text": .array(texts.map { .string($0) })]
        case .tensors(let tensors): tensors.json
        }
    }

    /// Equality of the bits (texts: of their UTF-8 bytes).
    package static func == (left: TraceValue, right: TraceValue) -> Bool {
        switch (left, right) {
        case (.digest(let left), .digest(let right)): left == right
        case (.float32(let left), .float32(let right)): left == right
        case (.float64(let left), .float64(let right)): left == right
        case (.integers(let left), .integers(let right)): left == right
        case (.text(let left), .text(let right)): left.elementsEqual(right, by: utf8Equal)
        case (.tensors(let left), .tensors(let right)): left == right
        default: false
        }
    }
}

/// One named value of a phase.
package struct TraceEntry: Sendable, Equatable {
    /// The name of the entry that holds a phase's tensors.
    package static let tensorsName = "tensors"

    /// The name, unique in its phase.
    package let name: String
    /// The value.
    package let value: TraceValue

    /// An entry.
    package init(_ name: String, _ value: TraceValue) {
        self.name = name
        self.value = value
    }

    /// One Float by its bits.
    package init(_ name: String, _ value: Float) { self.init(name, .float32([value.bitPattern])) }

    /// One Double by its bits.
    package init(_ name: String, _ value: Double) { self.init(name, .float64([value.bitPattern])) }

    /// One digest.
    package init(_ name: String, _ digest: Digest) { self.init(name, .digest(digest)) }

    /// The entry of a phase's tensors.
    package init(tensors: TensorCommitment) { self.init(TraceEntry.tensorsName, .tensors(tensors)) }

    /// Equality of name and bits.
    package static func == (left: TraceEntry, right: TraceEntry) -> Bool {
        utf8Equal(left.name, right.name) && left.value == right.value
    }

    /// The JSON form, that of the value.
    package var json: JSONValue { value.json }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(name: String, json cursor: JSONCursor) throws {
        if utf8Equal(name, TraceEntry.tensorsName) {
            self.init(tensors: try TensorCommitment(json: cursor))
            return
        }
        if case .string = cursor.value {
            self.init(name, .digest(try cursor.digest()))
            return
        }
        try cursor.requireOnly(["f32", "f64", "i64", "text"])
        let kinds = try cursor.members()
        guard kinds.count == 1, let (kind, value) = kinds.first else {
            throw cursor.error(expected: "one of f32, f64, i64, text", found: "\(kinds.count) of them")
        }
        switch kind {
        case "f32": self.init(name, .float32(try value.elements().map { try $0.bits(as: UInt32.self) }))
        case "f64": self.init(name, .float64(try value.elements().map { try $0.bits(as: UInt64.self) }))
        case "i64": self.init(name, .integers(try value.elements().map { try $0.int64() }))
        default: self.init(name, .text(try value.elements().map { try $0.string() }))
        }
    }
}
