import Yams

/// The YAML text of a recipe as nodes that know their places.
///
/// Yams composes the text without resolving types: `RecipeNode` does that, so that `no` stays a text and `010` is never
/// octal.
package struct RecipeDocument {
    /// More values than any recipe has; stops aliases that multiply.
    private static let valueLimit = 10_000

    /// How the text's lines and columns become places.
    private let place: (TextMark) -> RecipePlace
    private var values = 0

    private init(place: @escaping (TextMark) -> RecipePlace) { self.place = place }

    /// The nodes of a file; an empty text is a section without keys. - Throws: `RecipeError`.
    package static func parse(_ text: String, file: String) throws -> RecipeNode {
        let place: (TextMark) -> RecipePlace = { .file(file, line: $0.line, column: $0.column) }
        guard let node = try RecipeYAML.compose(text, place: place) else {
            return RecipeNode(content: .section([]), place: .file(file, line: 1, column: 1))
        }
        var document = RecipeDocument(place: place)
        return try document.convert(node, key: "")
    }

    /// The value of an override. - Throws: `RecipeError` that names the override.
    static func parseValue(_ text: String, key: String, override: String) throws -> RecipeNode {
        let place = RecipePlace.override(override)
        guard let node = try RecipeYAML.compose(text, place: { _ in place }) else {
            return RecipeNode(content: .scalar("", isPlain: true), place: place)
        }
        var document = RecipeDocument(place: { _ in place })
        return try document.convert(node, key: key)
    }

    // MARK: Nodes

    private mutating func convert(_ node: Node, key: String) throws -> RecipeNode {
        let place = place(TextMark(node.mark))
        values += 1
        guard values <= Self.valueLimit else {
            throw RecipeError(.syntax, at: place, key: key, expected: "at most \(Self.valueLimit) values")
        }
        try Self.refuseTag(of: node, at: place, key: key)
        switch node {
        case .scalar(let scalar):
            return RecipeNode(content: .scalar(scalar.string, isPlain: scalar.style == .plain), place: place)
        case .sequence(let sequence):
            let list = try sequence.enumerated().map { try convert($1, key: "\(key)[\($0)]") }
            return RecipeNode(content: .list(list), place: place)
        case .mapping(let mapping):
            return RecipeNode(content: .section(try mapping.map { try member($0, in: key) }), place: place)
        case .alias:
            throw RecipeError(.syntax, at: place, key: key, expected: "a value", found: "an alias")
        }
    }

    private mutating func member(_ pair: (key: Node, value: Node), in section: String) throws -> RecipeNode.Member {
        let place = place(TextMark(pair.key.mark))
        guard let name = pair.key.scalar?.string else {
            throw RecipeError(.syntax, at: place, key: section, expected: "a name as the key", found: "a structure")
        }
        let path = section.isEmpty ? name : "\(section).\(name)"
        return RecipeNode.Member(key: name, place: place, value: try convert(pair.value, key: path))
    }

    /// Tags such as `!!int` could change what a value is; recipes do without.
    private static func refuseTag(of node: Node, at place: RecipePlace, key: String) throws {
        let tag = node.tag.description
        guard !["", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"].contains(tag) else {
            return
        }
        throw RecipeError(.syntax, at: place, key: key, expected: "a value without a tag", found: "the tag \(tag)")
    }
}
