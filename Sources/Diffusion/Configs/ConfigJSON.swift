import Core

/// Pieces of the configurations that are written.
enum ConfigJSON {
    /// The number in its shortest decimal form, which reads back as the same Double.
    static func number(_ value: Double) -> JSONValue {
        // A finite Double always prints as a JSON number.
        (try? JSONValue.parse("\(value)", file: "number")) ?? .null
    }

    static func integer(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }

    /// One integer where all are equal, else the list.
    static func compact(_ values: [Int]) -> JSONValue {
        if let first = values.first, values.allSatisfy({ $0 == first }) { return .integer(first) }
        return .array(values.map { .integer($0) })
    }
}
