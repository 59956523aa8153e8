/// Resolved settings as plain values in the order of the schema, from which both JSON and YAML are written.
package indirect enum SettingsValue: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case seed(UInt64)
    case number(Double)
    case text(String)
    case list([SettingsValue])
    case section([(key: String, value: SettingsValue)])

    /// The value, or `null`.
    package static func optional<Value>(_ value: Value?, _ make: (Value) -> SettingsValue) -> SettingsValue {
        value.map(make) ?? .null
    }

    /// As the manifest stores it: numbers that need not be whole are bit patterns.
    package var json: JSONValue {
        switch self {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .int(let value): .integer(value)
        case .seed(let value): .integer(value)
        case .number(let value): .bits(value)
        case .text(let text): .string(text)
        case .list(let elements): .array(elements.map(\.json))
        case .section(let members): .object(JSONObject(members.map { ($0.key, $0.value.json) }))
        }
    }

    /// Lines of YAML, each ended; `self` is the section of the whole file.
    package func yaml(indentation: String = "") -> String {
        guard case .section(let members) = self else { return "" }
        return members.map { key, value in
            if case .section = value {
                return "\(indentation)\(key):\n" + value.yaml(indentation: indentation + "  ")
            }
            return "\(indentation)\(key): \(value.inline)\n"
        }.joined()
    }

    /// The value within a line. Numbers are the shortest decimals that give the same bits.
    package var inline: String {
        switch self {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .int(let value): "\(value)"
        case .seed(let value): "\(value)"
        case .number(let value): Self.decimal(value)
        case .text(let text): Self.scalar(text)
        case .list(let elements): "[" + elements.map(\.inline).joined(separator: ", ") + "]"
        case .section: "{}"
        }
    }

    /// With a point before the exponent: YAML 1.1 takes `3e-05` for a text.
    package static func decimal(_ value: Double) -> String {
        let text = "\(value)"
        return text.contains(".") ? text : text.replacing("e", with: ".0e")
    }

    /// Words that YAML 1.1 takes for truth values.
    private static let oldTruths = ["y", "n", "yes", "no", "on", "off"]

    /// A text without quotes where that is certain to be read as the same text, else as JSON, which is YAML.
    private static func scalar(_ text: String) -> String {
        let isPlain =
            text.wholeMatch(of: /[A-Za-z\/][A-Za-z0-9_.\/-]*/) != nil && SettingsNode.kind(ofPlain: text) == .text
            && !oldTruths.contains(text.lowercased())
        return isPlain ? text : JSONValue.string(text).canonical
    }
}
