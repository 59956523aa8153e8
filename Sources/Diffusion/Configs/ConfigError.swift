/// A model configuration that cannot be used, with the key to look at.
package struct ConfigError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file, or another name of the source.
    package let file: String
    /// The key; an element of a list as `block_out_channels[1]`.
    package let key: String
    /// What is wrong.
    package let problem: String
    /// What is supported.
    package let expected: String?
    /// The value there.
    package let found: String?
    /// What to do about it.
    package let hint: String?

    init(
        file: String, key: String, _ problem: String, expected: String? = nil, found: String? = nil,
        hint: String? = nil
    ) {
        self.file = file
        self.key = key
        self.problem = problem
        self.expected = expected
        self.found = found
        self.hint = hint
    }

    /// One line, as `config.json: class_embed_type: "timestep" is not supported, expected null`.
    package var description: String {
        var text = "\(file): \(key): "
        if let found { text += "\(found) " }
        text += problem
        if let expected { text += ", expected \(expected)" }
        if let hint { text += " (\(hint))" }
        return text
    }
}
