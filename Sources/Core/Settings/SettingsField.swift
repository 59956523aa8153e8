/// One key of settings with what is written there, if anything: typed reading with errors that name the place.
///
/// Every reader takes an optional default: without one the key is required. All throw `SettingsError`.
package struct SettingsField {
    /// The full way, as `optimizer.lr`.
    package let key: String
    /// What is written; `nil` where the key is missing.
    package let node: SettingsNode?
    /// Where the value stands; the section's place where the key is missing.
    let place: SettingsPlace
    /// Where the key stands; the section's place where it is missing.
    package let keyPlace: SettingsPlace
    package let style: SettingsSection.Style

    /// What is written, unless that is `null`.
    package var given: SettingsNode? { node.flatMap { $0.isNull ? nil : $0 } }

    // MARK: Errors

    /// The error that the value is of another type.
    package func wrongType(_ expected: String, hint: String = "") -> SettingsError {
        SettingsError(
            .wrongType, at: place, key: key, expected: expected, found: node?.description ?? "nothing", hint: hint)
    }

    /// The error that the value, `value` where the key is missing, is not allowed.
    package func outOfRange(_ expected: String, hint: String = "", default value: String = "") -> SettingsError {
        SettingsError(
            .outOfRange, at: place, key: key, expected: expected, found: node?.description ?? value, hint: hint)
    }

    /// The error that the key is missing.
    package func missing(_ expected: String, hint: String = "") -> SettingsError {
        SettingsError(.missingKey, at: keyPlace, key: key, expected: expected, hint: hint)
    }

    /// Refuses the key where it means nothing, as with `condition`.
    package func refuse(with condition: String) throws {
        guard let given else { return }
        throw SettingsError(
            .conflict, at: keyPlace, key: key, expected: "nothing with \(condition)", found: given.description)
    }

    // MARK: Reading

    /// `nil` for `null`; in written settings the default for a missing key; otherwise what `read` makes of the field.
    package func optional<Value>(default value: Value? = nil, _ read: (SettingsField) throws -> Value) throws -> Value?
    {
        guard let node else { return try absent("a value or null", default: .some(value)) }
        return node.isNull ? nil : try read(self)
    }

    /// An integer in a range.
    package func int(_ range: ClosedRange<Int>, default value: Int? = nil) throws -> Int {
        let expected = "an integer \(SettingsField.words(range))"
        guard let node else { return try absent(expected, default: value) }
        guard node.scalarKind == .integer else { throw wrongType(expected) }
        guard let result = Int(node.text), range.contains(result) else { throw outOfRange(expected) }
        return result
    }

    /// An integer from 0 to 2⁶⁴ − 1.
    package func uint64(default value: UInt64? = nil) throws -> UInt64 {
        let expected = "an integer from 0 to 2^64 - 1"
        guard let node else { return try absent(expected, default: value) }
        guard node.scalarKind == .integer else { throw wrongType(expected) }
        guard let result = UInt64(node.text) else { throw outOfRange(expected) }
        return result
    }

    /// A truth value.
    package func bool(default value: Bool? = nil) throws -> Bool {
        guard let node else { return try absent("true or false", default: value) }
        guard node.scalarKind == .bool else { throw wrongType("true or false", hint: Self.truth(of: node.text)) }
        return node.text.lowercased() == "true"
    }

    /// A finite number that `isAllowed`; `expected` says in words which. −0 becomes 0.
    package func double(
        _ expected: String, default value: Double? = nil, where isAllowed: (Double) -> Bool
    ) throws -> Double {
        guard let node else { return try absent(expected, default: value) }
        guard let result = number(node) else { throw wrongType(expected) }
        guard result.isFinite, isAllowed(result) else { throw outOfRange(expected) }
        return result == 0 ? 0 : result
    }

    /// A text of at least one character.
    package func text(_ expected: String = "a text", default value: String? = nil) throws -> String {
        guard let node else { return try absent(expected, default: value) }
        guard node.scalarKind == .text else {
            let hint = node.isNull || node.scalarKind == nil ? "" : "put it into quotes to make it a text"
            throw wrongType(expected, hint: hint)
        }
        guard !node.text.isEmpty else { throw outOfRange(expected) }
        return node.text
    }

    /// One of the names of an enumeration.
    package func choice<Choice: RawRepresentable & CaseIterable>(default value: Choice? = nil) throws -> Choice
    where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue)
        let name = try name(among: names, default: value?.rawValue)
        guard let result = Choice(rawValue: name) else { throw wrongType(SettingsField.either(names)) }
        return result
    }

    /// One of several names.
    func name(among names: [String], default value: String? = nil) throws -> String {
        let expected = SettingsField.either(names)
        guard let node else { return try absent(expected, default: value) }
        guard node.scalarKind == .text else { throw wrongType(expected) }
        guard names.contains(node.text) else {
            let near = NearestName.among(names, to: node.text, acceptingPrefixes: true)
            throw outOfRange(expected, hint: near.map { "did you mean \"\($0)\"?" } ?? "")
        }
        return node.text
    }

    /// The elements of a list of a given length.
    package func list(count: Int, of elements: String) throws -> [SettingsField]? {
        let expected = "a list of \(count) \(elements)"
        guard let node else { return try absent(expected, default: .some(nil)) }
        guard case .list(let list) = node.content else { throw wrongType(expected) }
        guard list.count == count else {
            throw SettingsError(.outOfRange, at: place, key: key, expected: expected, found: "\(list.count)")
        }
        return fields(list)
    }

    /// The elements of a list of at least one; nil for a key that is missing.
    package func list(of elements: String) throws -> [SettingsField]? {
        let expected = "a list of \(elements)"
        guard let node else { return try absent(expected, default: .some(nil)) }
        guard case .list(let list) = node.content else { throw wrongType(expected) }
        guard !list.isEmpty else { throw outOfRange("\(expected), at least one") }
        return fields(list)
    }

    private func fields(_ list: [SettingsNode]) -> [SettingsField] {
        list.enumerated().map {
            SettingsField(key: "\(key)[\($0)]", node: $1, place: $1.place, keyPlace: $1.place, style: style)
        }
    }

    // MARK: Parts

    /// `of at least 1`, or `from 1 to 8`.
    static func words(_ range: ClosedRange<Int>) -> String {
        range.upperBound == Int.max
            ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    }

    /// `a, b or c`.
    static func either(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " or \(last)"
    }

    /// The default of a key that is missing. Resolved settings leave none out.
    private func absent<Value>(_ expected: String, default value: Value?) throws -> Value {
        guard style == .written, let value else { throw missing(expected) }
        return value
    }

    private func number(_ node: SettingsNode) -> Double? {
        switch (style, node.scalarKind) {
        case (.written, .integer), (.written, .number): Double(node.text)
        case (.resolved, .text): HexFloat.double(node.text)
        default: nil
        }
    }

    /// YAML 1.1 took more words for truth values; people still write them.
    private static func truth(of text: String) -> String {
        switch text.lowercased() {
        case "yes", "on", "y": "did you mean \"true\"?"
        case "no", "off", "n": "did you mean \"false\"?"
        default: ""
        }
    }
}

extension SettingsNode {
    /// The text of a scalar; empty for lists and sections.
    fileprivate var text: String { if case .scalar(let text, _) = content { text } else { "" } }
}
