/// One `key.path=value` from the command line: it replaces or adds a value of a recipe before that is checked.
package struct SettingsOverride {
    /// As it was given.
    let text: String
    /// The names on the way to the value.
    let keys: [String]
    /// A YAML scalar or a list of them.
    let value: SettingsNode

    private var place: SettingsPlace { .override(text) }

    /// Reads an override. - Throws: `SettingsError` that names it.
    package init(_ text: String) throws {
        let place = SettingsPlace.override(text)
        guard let sign = text.firstIndex(of: "=") else {
            throw SettingsError(
                .syntax, at: place, key: "", expected: "key.path=value", found: "no \"=\"",
                hint: "for example optimizer.lr=1e-4")
        }
        let path = String(text[..<sign])
        let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard keys.allSatisfy({ $0.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil }) else {
            throw SettingsError(
                .syntax, at: place, key: "", expected: "names with dots between them before \"=\"", found: "\"\(path)\""
            )
        }
        let value = try SettingsDocument.parseValue(
            String(text[text.index(after: sign)...]), key: path, override: text)
        if case .section = value.content {
            throw SettingsError(
                .wrongType, at: place, key: path, expected: "one value or a list", found: "a section of keys",
                hint: "set each key on its own, or put a text with \": \" into quotes")
        }
        self.text = text
        self.keys = keys
        self.value = value
    }

    /// The settings with the value in its place. - Throws: `SettingsError` where the way leads through a value.
    package func apply(to root: SettingsNode) throws -> SettingsNode { try set(keys[...], in: root, path: "") }

    private func set(_ keys: ArraySlice<String>, in node: SettingsNode, path: String) throws -> SettingsNode {
        guard let key = keys.first else { return value }
        var members: [SettingsNode.Member] = []
        if case .section(let present) = node.content {
            members = present
        } else if !node.isNull {
            throw SettingsError(
                .wrongType, at: place, key: path, expected: "a section of keys", found: node.description)
        }
        let next = path.isEmpty ? key : "\(path).\(key)"
        if let index = members.firstIndex(where: { $0.key == key }) {
            let inner = try set(keys.dropFirst(), in: members[index].value, path: next)
            // The key is to blame for what the override says, not for what stands beside it.
            let place = keys.count == 1 ? place : members[index].place
            members[index] = SettingsNode.Member(key: key, place: place, value: inner)
        } else {
            let empty = SettingsNode(content: .section([]), place: place)
            let inner = try set(keys.dropFirst(), in: empty, path: next)
            members.append(SettingsNode.Member(key: key, place: place, value: inner))
        }
        return SettingsNode(content: .section(members), place: node.isNull ? place : node.place)
    }
}
