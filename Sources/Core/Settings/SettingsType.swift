/// The type of a key's value: how it is read and written, and what a person may write there.
package struct SettingsType<Value>: Sendable {
    /// What may be written, as `integer of at least 1`.
    package let words: String
    /// Reads a field; the second argument is what stands for a key that is not given, nil where it has to be.
    package let read: @Sendable (SettingsField, Value?) throws -> Value
    /// The value as it is written.
    package let write: @Sendable (Value) -> SettingsValue

    /// A type with all its parts.
    package init(
        _ words: String, read: @escaping @Sendable (SettingsField, Value?) throws -> Value,
        write: @escaping @Sendable (Value) -> SettingsValue
    ) {
        (self.words, self.read, self.write) = (words, read, write)
    }

    /// One of several things that have names.
    package static func named(
        _ all: [Value], _ name: @escaping @Sendable (Value) -> String
    ) -> SettingsType where Value: Sendable {
        let names = all.map(name)
        return SettingsType(SettingsField.either(names)) { field, standard in
            let chosen = try field.name(among: names, default: standard.map(name))
            guard let place = names.firstIndex(of: chosen) else { throw field.wrongType(SettingsField.either(names)) }
            return all[place]
        } write: {
            .text(name($0))
        }
    }

    /// So many numbers.
    package static func numbers(_ count: Int, _ bound: NumberBound) -> SettingsType where Value == [Double] {
        let type = SettingsType<Double>.number(bound)
        return SettingsType("list of \(count) numbers \(bound.words)") { field, standard in
            try field.list(count: count, of: "numbers")?.map { try type.read($0, nil) } ?? standard ?? []
        } write: {
            .list($0.map(type.write))
        }
    }

    /// A value or `null`.
    package static func optional<Wrapped>(_ type: SettingsType<Wrapped>) -> SettingsType where Value == Wrapped? {
        SettingsType("\(type.words), or null") { field, standard in
            try field.optional(default: standard ?? nil) { try type.read($0, nil) }
        } write: {
            .optional($0, type.write)
        }
    }
}

extension SettingsType where Value == Int {
    /// An integer in a range.
    package static func int(_ range: ClosedRange<Int>) -> SettingsType {
        SettingsType("integer \(SettingsField.words(range))") {
            try $0.int(range, default: $1)
        } write: {
            .int($0)
        }
    }
}

extension SettingsType where Value == UInt64 {
    /// An integer from 0 to 2⁶⁴ − 1.
    package static let seed = SettingsType("integer from 0 to 2^64 - 1") {
        try $0.uint64(default: $1)
    } write: {
        .seed($0)
    }
}

extension SettingsType where Value == Bool {
    /// A truth value.
    package static let bool = SettingsType("true or false") {
        try $0.bool(default: $1)
    } write: {
        .bool($0)
    }
}

extension SettingsType where Value == Double {
    /// A number; `orNull` says in errors that there may be none.
    package static func number(_ bound: NumberBound, orNull: Bool = false) -> SettingsType {
        SettingsType(bound.words.isEmpty ? "number" : "number \(bound.words)") {
            try $0.double(bound.expectation + (orNull ? ", or null" : ""), default: $1, where: bound.allows)
        } write: {
            .number($0)
        }
    }
}

extension SettingsType where Value == String {
    /// A text; `expected` says what of.
    package static func text(_ expected: String) -> SettingsType {
        SettingsType(expected) {
            try $0.text(expected, default: $1)
        } write: {
            .text($0)
        }
    }
}

extension SettingsType where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    /// One of the names of an enumeration.
    package static var choice: SettingsType { named(Array(Value.allCases)) { $0.rawValue } }
}
