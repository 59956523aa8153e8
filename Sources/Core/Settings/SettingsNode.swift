/// A part of a settings file as it was written, before it is given a meaning.
package struct SettingsNode: Sendable, Equatable {
    /// What is written.
    package indirect enum Content: Sendable, Equatable {
        /// One value; `isPlain` when it stands without quotes, so that `1` and `"1"` differ.
        case scalar(String, isPlain: Bool)
        /// A list of values.
        case list([SettingsNode])
        /// Keys and their values in the order written.
        case section([Member])
    }

    /// One key with its value.
    package struct Member: Sendable, Equatable {
        package let key: String
        /// Where the key stands.
        package let place: SettingsPlace
        package var value: SettingsNode

        /// A key written at `place`.
        package init(key: String, place: SettingsPlace, value: SettingsNode) {
            (self.key, self.place, self.value) = (key, place, value)
        }
    }

    /// A part written at `place`.
    package init(content: Content, place: SettingsPlace) { (self.content, self.place) = (content, place) }

    package var content: Content
    package let place: SettingsPlace

    /// Whether nothing is given here: `null`, `~` or an empty value.
    var isNull: Bool { scalarKind == .null }

    /// This section with the members of `other` over its own: sections are merged, other values replaced.
    package func merged(with other: SettingsNode) -> SettingsNode {
        guard case .section(var members) = content, case .section(let others) = other.content else { return other }
        for member in others {
            if let index = members.firstIndex(where: { $0.key == member.key }) {
                members[index] = Member(
                    key: member.key, place: member.place, value: members[index].value.merged(with: member.value))
            } else {
                members.append(member)
            }
        }
        return SettingsNode(content: .section(members), place: place)
    }

    /// How an error message names what stands here.
    package var description: String {
        switch content {
        case .list: return "a list"
        case .section: return "a section of keys"
        case .scalar(let text, _):
            switch scalarKind {
            case .null: return "nothing"
            case .text?: return "the text \"\(text)\""
            default: return text
            }
        }
    }

    /// What a scalar is by YAML 1.2's core schema, less its octal, hexadecimal and non-finite numbers.
    enum ScalarKind { case null, bool, integer, number, text }

    /// The kind of scalar; `nil` for lists and sections.
    var scalarKind: ScalarKind? {
        guard case .scalar(let text, let isPlain) = content else { return nil }
        return isPlain ? Self.kind(ofPlain: text) : .text
    }

    /// The kind of a scalar without quotes.
    static func kind(ofPlain text: String) -> ScalarKind {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "false", "False", "FALSE": return .bool
        default: break
        }
        if text.wholeMatch(of: /[-+]?[0-9]+/) != nil { return .integer }
        if text.wholeMatch(of: /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?/) != nil { return .number }
        return .text
    }
}

extension SettingsNode {
    /// Resolved settings' JSON as nodes.
    package init(_ json: JSONValue, place: SettingsPlace) {
        self.place = place
        switch json {
        case .null: content = .scalar("null", isPlain: true)
        case .bool(let flag): content = .scalar("\(flag)", isPlain: true)
        case .number(let number): content = .scalar(number.canonical, isPlain: true)
        case .string(let text): content = .scalar(text, isPlain: false)
        case .array(let elements): content = .list(elements.map { SettingsNode($0, place: place) })
        case .object(let object):
            content = .section(
                object.members.map { Member(key: $0.key, place: place, value: SettingsNode($0.value, place: place)) })
        }
    }
}
