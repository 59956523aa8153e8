/// A JSON document (RFC 8259), read strictly and written canonically.
///
/// Objects hold their members in UTF-8 byte order of the keys, numbers keep their source text, and texts are compared
/// byte by byte, so two values are equal exactly when their canonical forms are.
package enum JSONValue: Sendable, Equatable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number with its source text.
    case number(JSONNumber)
    /// A text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Named members.
    case object(JSONObject)

    /// Equality of the canonical forms.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): utf8Equal(left, right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    /// An integer.
    package static func integer(_ value: some FixedWidthInteger) -> JSONValue { .number(JSONNumber(value)) }

    /// A number in its shortest decimal form that reads back; "inf", "-inf" and "nan" as texts.
    package static func decimal(_ value: Double) -> JSONValue {
        JSONNumber(value).map(JSONValue.number) ?? .string("\(value)")
    }

    /// A digest as its 64 hexadecimal digits.
    package static func digest(_ digest: Digest) -> JSONValue { .string(digest.hex) }

    /// A Float as its bit pattern (`HexFloat`).
    package static func bits(_ value: Float) -> JSONValue { .string(HexFloat.string(value)) }

    /// A Double as its bit pattern (`HexFloat`).
    package static func bits(_ value: Double) -> JSONValue { .string(HexFloat.string(value)) }

    /// The kind of value as an error message names it.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number(let number): number.isInteger ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// A text.
    package init(stringLiteral value: String) { self = .string(value) }
    /// An integer.
    package init(integerLiteral value: Int64) { self = .integer(value) }
    /// `true` or `false`.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// A list.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object; of two equal keys the later one counts.
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
