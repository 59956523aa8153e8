/// Settings that declare their own keys.
package protocol KeyedSettings: Sendable {
    /// Their keys.
    static var schema: SettingsSchema<Self> { get }
}

extension KeyedSettings {
    /// Reads all keys of a section over what stands here. - Throws: `SettingsError`.
    package mutating func read(_ section: SettingsSection) throws {
        for key in Self.schema.keys { try key.read(&self, section) }
    }

    /// Reads one key, if there is one of the name. - Throws: `SettingsError`.
    package mutating func read(_ name: String, _ section: SettingsSection) throws {
        try Self.schema.keys.first { $0.name == name }?.read(&self, section)
    }

    /// What is written under a key; nil where it is left out or there is none.
    package func value(_ name: String) -> SettingsValue? {
        Self.schema.keys.first { $0.name == name }?.value(self)
    }

    /// The section as it is written.
    package var value: SettingsValue {
        .section(Self.schema.keys.compactMap { key in key.value(self).map { (key.name, $0) } })
    }

    /// The names of the keys.
    package static var keys: [String] { schema.names }

    /// The rows of the reference page.
    package static var rows: [SettingsRow] { schema.keys.flatMap { $0.rows(schema.initial) } }
}

extension SettingsKey {
    /// The keys that settings of several kinds have, each for itself: `owners`, which the value of `key` names. Of two that
    /// share a key's name there is one key. Those of others than `current` are refused; `read` reads one of its own.
    package static func own(
        _ key: String, _ owners: [(name: String, settings: any KeyedSettings)],
        of current: @escaping @Sendable (Root) -> (name: String, settings: any KeyedSettings),
        read: @escaping @Sendable (inout Root, String, SettingsSection) throws -> Void
    ) -> [SettingsKey] {
        var names: [String] = []
        for name in owners.flatMap({ type(of: $0.settings).keys }) where !names.contains(name) { names.append(name) }
        return names.map { name in
            SettingsKey(name) { _ in
                let having = owners.filter { type(of: $0.settings).keys.contains(name) }
                guard var row = having.first.flatMap({ type(of: $0.settings).rows.first { $0.name == name } }) else {
                    return []
                }
                row.condition = "\(key): \(SettingsField.either(having.map(\.name)))"
                return [row]
            } read: { root, section in
                let owner = current(root)
                guard type(of: owner.settings).keys.contains(name) else {
                    return try section[name].refuse(with: "\(key): \(owner.name)")
                }
                try read(&root, name, section)
            } value: { root in
                current(root).settings.value(name)
            }
        }
    }

    /// A section of keys that is always there, or may be left out where all of its keys may. `start` are the settings it
    /// begins with, `make` turns what was read into the value.
    package static func section<Value, Keys: KeyedSettings>(
        _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable, isRequired: Bool = true,
        start: @escaping @Sendable (Root) -> Keys = { _ in Keys.schema.initial },
        make: @escaping @Sendable (Root, Keys, SettingsSection) throws -> Value,
        keys: @escaping @Sendable (Value) -> Keys, _ summary: String
    ) -> SettingsKey {
        SettingsKey(name) { _ in
            rows(of: Keys.self, in: name, standard: isRequired ? "required" : "the defaults of its keys", summary)
        } read: { root, section in
            let inner = try section.section(
                name, keys: Keys.keys, isRequired: isRequired || section.style == .resolved)
            var settings = start(root)
            try settings.read(inner)
            root[keyPath: path] = try make(root, settings, inner)
        } value: { root in
            keys(root[keyPath: path]).value
        }
    }

    /// A section of keys that is always there, or may be left out where all of its keys may.
    package static func section<Value: KeyedSettings>(
        _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable, isRequired: Bool = true,
        _ summary: String
    ) -> SettingsKey {
        section(name, path, isRequired: isRequired, make: { _, settings, _ in settings }, keys: { $0 }, summary)
    }

    /// A section of keys that some settings do not have. Without a condition those have it that give it; `null` is as
    /// good as nothing. One that does not apply is `elsewhere` in resolved settings, nil for not there at all. `without`
    /// are keys of the section that other keys do not go with, and which those are.
    package static func section<Value: KeyedSettings>(
        _ name: String, _ path: WritableKeyPath<Root, Value?> & Sendable, when condition: Condition? = nil,
        elsewhere: SettingsValue? = nil,
        without: @escaping @Sendable (Root) -> (keys: [String], with: String) = { _ in ([], "") },
        start: @escaping @Sendable (Root) -> Value, _ summary: String
    ) -> SettingsKey {
        SettingsKey(name) { _ in
            let standard = condition == nil ? "none" : "the defaults of its keys"
            return rows(of: Value.self, in: name, standard: standard, condition: condition?.words ?? "", summary)
        } read: { root, section in
            root[keyPath: path] = nil
            if let refusal = condition?.refusal(root) { return try section[name].refuse(with: refusal) }
            if condition == nil, section[name].given == nil { return }
            let inner = try section.section(name, keys: Value.keys, isRequired: section.style == .resolved)
            let (keys, owner) = without(root)
            for key in keys { try inner[key].refuse(with: owner) }
            var settings = start(root)
            try settings.read(inner)
            root[keyPath: path] = settings
        } value: { root in
            root[keyPath: path]?.value ?? elsewhere
        }
    }

    /// The section's own row, and those of its keys.
    private static func rows<Keys: KeyedSettings>(
        of keys: Keys.Type, in section: String, standard: String, condition: String = "", _ summary: String
    ) -> [SettingsRow] {
        [SettingsRow(section, values: "section", standard: standard, condition: condition, summary)]
            + keys.rows.map { row in
                var row = row
                row.name = "\(section).\(row.name)"
                return row
            }
    }
}
