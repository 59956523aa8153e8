/// A section of a YAML file that people write, or of settings that were resolved, whose keys are known: refuses others, hands out the
/// fields.
package struct SettingsSection {
    /// How the settings are given.
    package enum Style {
        /// By a person in YAML: keys with defaults may be left out.
        case written
        /// As a manifest has them: every key is present, and numbers that are not whole are bit patterns.
        case resolved
    }

    /// The way to the section; empty for the whole file.
    let path: String
    /// Where the section's key stands: missing keys are reported there.
    let place: SettingsPlace
    package let style: Style
    private let members: [SettingsNode.Member]

    /// The whole file, or what is read as if it were. - Throws: `SettingsError` when `node` is no section, or for an unknown or repeated key.
    package init(root node: SettingsNode, style: Style = .written, keys: [String]) throws {
        try self.init(node, path: "", place: node.place, style: style, keys: keys)
    }

    /// The section `node`, which is at `path` of its file. - Throws: `SettingsError`.
    /// - Parameter allowsOthers: whether keys that are not known are left to another reader.
    package init(_ node: SettingsNode, path: String, keys: [String], allowsOthers: Bool = false) throws {
        try self.init(
            node, path: path, place: node.place, style: .written, keys: keys, allowsOthers: allowsOthers)
    }

    private init(
        _ node: SettingsNode, path: String, place: SettingsPlace, style: Style, keys: [String],
        allowsOthers: Bool = false
    ) throws {
        guard case .section(let members) = node.content else {
            throw SettingsError(
                .wrongType, at: node.place, key: path, expected: "a section of keys", found: node.description)
        }
        self.path = path
        self.place = place
        self.style = style
        self.members = members
        for (index, member) in members.enumerated() {
            guard allowsOthers || keys.contains(member.key) else { throw unknown(member, keys) }
            guard !members[..<index].contains(where: { $0.key == member.key }) else {
                throw SettingsError(.duplicateKey, at: member.place, key: full(member.key))
            }
        }
    }

    /// The field of a key, given or not.
    package subscript(key: String) -> SettingsField {
        let member = members.first { $0.key == key }
        return SettingsField(
            key: full(key), node: member?.value, place: member?.value.place ?? place, keyPlace: member?.place ?? place,
            style: style)
    }

    /// A section in this one; without keys where it is not given and `isRequired` is false.
    /// - Throws: `SettingsError` when it is missing, no section, or has an unknown or repeated key.
    package func section(_ key: String, keys: [String], isRequired: Bool = true) throws -> SettingsSection {
        let field = self[key]
        guard let node = field.given else {
            guard !isRequired else {
                throw SettingsError(.missingKey, at: field.keyPlace, key: field.key, expected: "a section of keys")
            }
            let empty = SettingsNode(content: .section([]), place: field.place)
            return try SettingsSection(empty, path: field.key, place: field.keyPlace, style: style, keys: keys)
        }
        return try SettingsSection(node, path: field.key, place: field.keyPlace, style: style, keys: keys)
    }

    /// The members of a section in this one whose keys are names that people give, in the order written; none where it is
    /// not given. - Throws: `SettingsError` when it is no section, or names one thing twice.
    package func named(_ key: String) throws -> [(name: String, node: SettingsNode)] {
        guard let node = self[key].given else { return [] }
        guard case .section(let members) = node.content else {
            throw SettingsError(
                .wrongType, at: node.place, key: full(key), expected: "a section of names", found: node.description)
        }
        for (index, member) in members.enumerated()
        where members[..<index].contains(where: { $0.key == member.key }) {
            throw SettingsError(.duplicateKey, at: member.place, key: "\(full(key)).\(member.key)")
        }
        return members.map { ($0.key, $0.value) }
    }

    private func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func unknown(_ member: SettingsNode.Member, _ keys: [String]) -> SettingsError {
        let near = NearestName.among(keys, to: member.key, acceptingPrefixes: true)
        let hint = near.map { "did you mean \"\($0)\"?" } ?? "known are \(keys.joined(separator: ", "))"
        return SettingsError(.unknownKey, at: member.place, key: full(member.key), hint: hint)
    }
}
