import Yams

/// The YAML text of a recipe, a policy or a plan as nodes that know their places.
///
/// Yams composes the text without resolving types: `SettingsNode` does that, so that `no` stays a text and `010` is never
/// octal.
package struct SettingsDocument {
    /// More values than any such file has; stops aliases that multiply.
    private static let valueLimit = 10_000

    /// How the text's lines and columns become places.
    private let place: (TextMark) -> SettingsPlace
    private var values = 0

    private init(place: @escaping (TextMark) -> SettingsPlace) { self.place = place }

    /// The nodes of a file. - Throws: `FileError`, or `SettingsError`, also at the first byte that is no UTF-8.
    package static func read(_ path: String) throws -> SettingsNode {
        let bytes = try FileContents.read(path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
            let mark = TextMark(after: scalars.prefix { $0 != "\u{FFFD}" })
            let place = SettingsPlace.file(path, line: mark.line, column: mark.column)
            throw SettingsError(.syntax, at: place, key: "", expected: "UTF-8 text", found: "other bytes")
        }
        return try parse(text, file: path)
    }

    /// The nodes of a text; `file` stands in errors and places. An empty text is a section without keys. - Throws: `SettingsError`.
    package static func parse(_ text: String, file: String) throws -> SettingsNode {
        let place: (TextMark) -> SettingsPlace = { .file(file, line: $0.line, column: $0.column) }
        guard let node = try SettingsYAML.compose(text, place: place) else {
            return SettingsNode(content: .section([]), place: .file(file, line: 1, column: 1))
        }
        var document = SettingsDocument(place: place)
        return try document.convert(node, key: "")
    }

    /// The value of an override. - Throws: `SettingsError` that names the override.
    static func parseValue(_ text: String, key: String, override: String) throws -> SettingsNode {
        let place = SettingsPlace.override(override)
        guard let node = try SettingsYAML.compose(text, place: { _ in place }) else {
            return SettingsNode(content: .scalar("", isPlain: true), place: place)
        }
        var document = SettingsDocument(place: { _ in place })
        return try document.convert(node, key: key)
    }

    // MARK: Nodes

    private mutating func convert(_ node: Node, key: String) throws -> SettingsNode {
        let place = place(TextMark(node.mark))
        values += 1
        guard values <= Self.valueLimit else {
            throw SettingsError(.syntax, at: place, key: key, expected: "at most \(Self.valueLimit) values")
        }
        try Self.refuseTag(of: node, at: place, key: key)
        switch node {
        case .scalar(let scalar):
            return SettingsNode(content: .scalar(scalar.string, isPlain: scalar.style == .plain), place: place)
        case .sequence(let sequence):
            let list = try sequence.enumerated().map { try convert($1, key: "\(key)[\($0)]") }
            return SettingsNode(content: .list(list), place: place)
        case .mapping(let mapping):
            return SettingsNode(content: .section(try mapping.map { try member($0, in: key) }), place: place)
        case .alias:
            throw SettingsError(.syntax, at: place, key: key, expected: "a value", found: "an alias")
        }
    }

    private mutating func member(_ pair: (key: Node, value: Node), in section: String) throws -> SettingsNode.Member {
        let place = place(TextMark(pair.key.mark))
        guard let name = pair.key.scalar?.string else {
            throw SettingsError(.syntax, at: place, key: section, expected: "a name as the key", found: "a structure")
        }
        let path = section.isEmpty ? name : "\(section).\(name)"
        return SettingsNode.Member(key: name, place: place, value: try convert(pair.value, key: path))
    }

    /// Tags such as `!!int` could change what a value is; these files do without.
    private static func refuseTag(of node: Node, at place: SettingsPlace, key: String) throws {
        let tag = node.tag.description
        guard !["", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"].contains(tag) else {
            return
        }
        throw SettingsError(.syntax, at: place, key: key, expected: "a value without a tag", found: "the tag \(tag)")
    }
}
