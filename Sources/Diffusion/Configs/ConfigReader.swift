import Checkpoints
import Core

/// Takes the keys of a configuration one by one; what nobody asked for is refused at the end.
struct ConfigReader {
    let file: String
    private let object: JSONObject
    private var known: [String] = []

    init(_ object: JSONObject, file: String) {
        self.object = object
        self.file = file
    }

    // MARK: Keys with a meaning. A missing key takes the default; null does so only where it is allowed.

    mutating func integer(_ key: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let value = take(key) else { return fallback }
        return try integer(value, key, range)
    }

    /// `nil` for null and for a missing key.
    mutating func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = take(key), value != .null else { return nil }
        return try integer(value, key, range)
    }

    /// A list, or one integer for all places. `nil` for null and for a missing key.
    mutating func optionalIntegers(_ key: String, count: Int, in range: ClosedRange<Int>) throws -> [Int]? {
        guard let value = take(key), value != .null else { return nil }
        return try integers(value, key, count, range)
    }

    /// A list, or one integer for all places.
    mutating func integers(
        _ key: String, count: Int, default fallback: Int, in range: ClosedRange<Int>
    ) throws -> [Int] {
        guard let value = take(key) else { return Array(repeating: fallback, count: count) }
        return try integers(value, key, count, range)
    }

    /// A list that is not empty.
    mutating func list(_ key: String, default fallback: [Int], in range: ClosedRange<Int>) throws -> [Int] {
        guard let value = take(key) else { return fallback }
        guard case .array(let values) = value, !values.isEmpty else {
            throw refusal(key, value, "is not supported", expected: "a list of integers")
        }
        return try values.enumerated().map { try integer($1, "\(key)[\($0)]", range) }
    }

    mutating func number(
        _ key: String, default fallback: Double, in range: ClosedRange<Double>
    ) throws -> Double {
        guard let value = take(key) else { return fallback }
        return try number(value, key, range)
    }

    /// `nil` for null and for a missing key.
    mutating func optionalNumber(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
        guard let value = take(key), value != .null else { return nil }
        return try number(value, key, range)
    }

    /// A list of `count` numbers; `nil` for null and for a missing key.
    mutating func optionalNumbers(_ key: String, count: Int, in range: ClosedRange<Double>) throws -> [Double]? {
        guard let value = take(key), value != .null else { return nil }
        guard case .array(let values) = value, values.count == count else {
            throw refusal(key, value, "is not supported", expected: "null, or \(count) numbers")
        }
        return try values.enumerated().map { try number($1, "\(key)[\($0)]", range) }
    }

    /// - Parameter meaning: what null stands for; without it null is refused.
    mutating func bool(_ key: String, default fallback: Bool, nullAs meaning: Bool? = nil) throws -> Bool {
        guard let value = take(key) else { return fallback }
        if value == .null, let meaning { return meaning }
        guard case .bool(let flag) = value else {
            throw refusal(key, value, "is not supported", expected: "true or false")
        }
        return flag
    }

    /// One of the raw values of an enumeration.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default fallback: Choice
    ) throws -> Choice where Choice.RawValue == String {
        guard let value = take(key) else { return fallback }
        return try choice(value, key)
    }

    /// One of the raw values of an enumeration; `nil` for null and for a missing key.
    mutating func optionalChoice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, of _: Choice.Type
    ) throws -> Choice? where Choice.RawValue == String {
        guard let value = take(key), value != .null else { return nil }
        do {
            return try choice(value, key)
        } catch {
            throw refusal(key, value, "is not supported", expected: "null, \(Self.names(of: Choice.self))")
        }
    }

    /// A list of raw values of an enumeration.
    mutating func choices<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default fallback: [Choice]
    ) throws -> [Choice] where Choice.RawValue == String {
        guard let value = take(key) else { return fallback }
        guard case .array(let values) = value else {
            throw refusal(key, value, "is not supported", expected: "a list of \(Self.names(of: Choice.self))")
        }
        return try values.enumerated().map { try choice($1, "\(key)[\($0)]") }
    }

    /// The raw value, for keys that are checked by the caller.
    mutating func take(_ key: String) -> JSONValue? {
        known.append(key)
        return object[key]
    }

    /// Whether the key is there and null.
    func isNull(_ key: String) -> Bool { object[key] == .null }

    // MARK: Keys without a meaning here

    /// Keys that must have a value which changes nothing; missing is fine.
    mutating func neutral(_ keys: [(key: String, allowed: [JSONValue])]) throws {
        for (key, allowed) in keys {
            guard let value = take(key), !allowed.contains(value) else { continue }
            throw refusal(
                key, value, "is not supported", expected: allowed.map(\.canonical).joined(separator: " or "))
        }
    }

    /// Keys that may have any value.
    mutating func ignore(_ keys: [String]) { known += keys }

    /// A class's name without the prefix of the Flax classes, which are the same networks and schedules.
    static func withoutFramework(_ name: String) -> String {
        name.hasPrefix("Flax") ? String(name.dropFirst("Flax".count)) : name
    }

    /// The class that saved the file, when it is named, must be one of `names`.
    func requireClass(_ names: [String]) throws {
        guard let value = object["_class_name"] else { return }
        guard case .string(let name) = value, names.contains(ConfigReader.withoutFramework(name)) else {
            throw refusal("_class_name", value, "is not supported", expected: names.joined(separator: " or "))
        }
    }

    /// Refuses keys that nobody asked for, except those that begin with an underscore.
    func finish() throws {
        for (key, value) in object.members where !key.hasPrefix("_") && !known.contains(key) {
            let nearest = NearestName.among(known, to: key)
            throw ConfigError(
                file: file, key: key, "stands at an unknown key", found: Self.shown(value),
                hint: nearest.map { "the nearest known key is \($0)" })
        }
    }

    // MARK: Refusals

    func refusal(_ key: String, _ value: JSONValue, _ problem: String, expected: String) -> ConfigError {
        ConfigError(file: file, key: key, problem, expected: expected, found: Self.shown(value))
    }

    /// An integer that a caller took, or a part of what it took.
    func integer(_ value: JSONValue, _ key: String, _ range: ClosedRange<Int>) throws -> Int {
        guard case .number(let number) = value, let integer = number.int64, range.contains(Int(integer)) else {
            let upper = range.upperBound == ConfigReader.large ? "" : " to \(range.upperBound)"
            throw refusal(key, value, "is not supported", expected: "an integer from \(range.lowerBound)\(upper)")
        }
        return Int(integer)
    }

    private func number(_ value: JSONValue, _ key: String, _ range: ClosedRange<Double>) throws -> Double {
        guard case .number(let number) = value, range.contains(number.double) else {
            throw refusal(
                key, value, "is out of range", expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number.double
    }

    private func integers(_ value: JSONValue, _ key: String, _ count: Int, _ range: ClosedRange<Int>) throws -> [Int] {
        guard case .array(let values) = value else {
            return Array(repeating: try integer(value, key, range), count: count)
        }
        guard values.count == count else {
            throw refusal(key, value, "does not fit the \(count) blocks", expected: "one integer or \(count)")
        }
        return try values.enumerated().map { try integer($1, "\(key)[\($0)]", range) }
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(
        _ value: JSONValue, _ key: String
    ) throws -> Choice where Choice.RawValue == String {
        guard case .string(let text) = value, let choice = Choice(rawValue: text) else {
            throw refusal(key, value, "is not supported", expected: Self.names(of: Choice.self))
        }
        return choice
    }

    private static func names<Choice: RawRepresentable & CaseIterable>(
        of _: Choice.Type
    ) -> String where Choice.RawValue == String {
        Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
    }

    private static func shown(_ value: JSONValue) -> String {
        let text = value.canonical
        return text.count > 60 ? text.prefix(57) + "…" : text
    }

    /// Upper bound where the format has none; it keeps products of a few sizes within 64 bits.
    static let large = 1 << 24
}
