/// One key of a section, declared once: its name, its type and bound, what stands for it, when it applies, what it means.
/// From that it is read from YAML and from a manifest's JSON, written to both, and described.
package struct SettingsKey<Root>: Sendable {
    /// What stands for a key that is not given.
    package enum Standard<Value: Sendable>: Sendable {
        /// Nothing: it has to be given.
        case required
        /// The value that the section's settings begin with.
        case initial
        /// This value, with which resolved settings leave the key out: it came after manifests had been written without
        /// it. With `orNull` a `null` is as good as nothing.
        case omitted(Value, orNull: Bool = false)
        /// What follows from keys before it, in words and as a value.
        case from(String, @Sendable (Root) -> Value)
    }

    /// When a key means something.
    package struct Condition: Sendable {
        /// In words, as `data.kind: shapes`.
        package let words: String
        /// What it does not go with, as `data.kind: folder`; nil where it applies.
        package let refusal: @Sendable (Root) -> String?

        /// A condition.
        package init(_ words: String, _ refusal: @escaping @Sendable (Root) -> String?) {
            (self.words, self.refusal) = (words, refusal)
        }
    }

    /// The key's name.
    package let name: String
    /// Rows of the reference page, given what the section's settings begin with; several for a section.
    package let rows: @Sendable (Root) -> [SettingsRow]
    /// Reads the key, or what stands for it, into the settings. - Throws: `SettingsError`.
    package let read: @Sendable (inout Root, SettingsSection) throws -> Void
    /// What is written; nil where the key is left out.
    package let value: @Sendable (Root) -> SettingsValue?

    /// A key with all its parts.
    package init(
        _ name: String, rows: @escaping @Sendable (Root) -> [SettingsRow],
        read: @escaping @Sendable (inout Root, SettingsSection) throws -> Void,
        value: @escaping @Sendable (Root) -> SettingsValue?
    ) {
        (self.name, self.rows, self.read, self.value) = (name, rows, read, value)
    }

    /// A key with one value at `path`.
    ///
    /// A key that does not apply is `elsewhere` in resolved settings, nil for not there at all. `changed` follows up a
    /// value that others hang on, `check` holds it against them.
    package init<Value: Sendable>(
        _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable, _ type: SettingsType<Value>,
        default standard: Standard<Value> = .initial, when condition: Condition? = nil,
        elsewhere: @escaping @Sendable (Root) -> SettingsValue? = { _ in nil },
        changed: @escaping @Sendable (inout Root) -> Void = { _ in },
        check: @escaping @Sendable (Root, SettingsField) throws -> Void = { _, _ in }, _ summary: String
    ) {
        let standing: @Sendable (Root) -> Value? = { root in
            switch standard {
            case .required: nil
            case .initial: root[keyPath: path]
            case .omitted(let value, _): value
            case .from(_, let value): value(root)
            }
        }
        self.init(name) { root in
            let words =
                switch standard {
                case .required: "required"
                case .initial: type.write(root[keyPath: path]).inline
                case .omitted(let value, _): type.write(value).inline
                case .from(let words, _): words
                }
            return [SettingsRow(name, values: type.words, standard: words, condition: condition?.words ?? "", summary)]
        } read: { root, section in
            let field = section[name]
            if let refusal = condition?.refusal(root) { return try field.refuse(with: refusal) }
            if case .omitted(let value, let orNull) = standard, field.node == nil || (orNull && field.given == nil) {
                root[keyPath: path] = value
            } else {
                root[keyPath: path] = try type.read(field, standing(root))
            }
            changed(&root)
            try check(root, field)
        } value: { root in
            guard condition?.refusal(root) == nil else { return elsewhere(root) }
            let value = type.write(root[keyPath: path])
            if case .omitted(let standard, _) = standard, type.write(standard).json == value.json { return nil }
            return value
        }
    }
}
