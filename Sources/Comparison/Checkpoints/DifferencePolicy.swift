import Checkpoints

/// The differences with which two checkpoints still pass.
package struct DifferencePolicy: Sendable, Equatable {
    /// The tolerance of the tensors whose names match a pattern.
    package struct Rule: Sendable, Equatable {
        /// A pattern of names (`NamePattern`).
        package let pattern: String
        /// Their tolerance; `nil` leaves them out of the comparison.
        package let tolerance: Tolerance?

        /// A rule.
        package init(pattern: String, tolerance: Tolerance?) {
            (self.pattern, self.tolerance) = (pattern, tolerance)
        }
    }

    /// The tolerance of a tensor that no rule matches.
    package var tolerance: Tolerance
    /// The first that matches a name holds.
    package var rules: [Rule]
    /// Whether other metadata pass.
    package var ignoresMetadata: Bool
    /// Patterns of the keys of metadata that pass.
    package var ignoredMetadata: [String]
    /// Patterns of the relative paths of a folder's files that are left out.
    package var ignoredFiles: [String]
    /// Whether other names of the same content pass.
    package var allowsRename: Bool
    /// Patterns of the names that are compared; all where there are none.
    package var only: [String]

    /// A policy; as it stands, only identical checkpoints pass.
    package init(
        tolerance: Tolerance = .exact, rules: [Rule] = [], ignoresMetadata: Bool = false, allowsRename: Bool = false,
        only: [String] = [], ignoredMetadata: [String] = [], ignoredFiles: [String] = []
    ) {
        self.tolerance = tolerance
        self.rules = rules
        self.ignoresMetadata = ignoresMetadata
        self.allowsRename = allowsRename
        self.only = only
        self.ignoredMetadata = ignoredMetadata
        self.ignoredFiles = ignoredFiles
    }

    /// Whether a tensor of that name is compared.
    package func takes(_ name: String) -> Bool {
        guard only.isEmpty || only.contains(where: { NamePattern.matches($0, name) }) else { return false }
        return rules.first { NamePattern.matches($0.pattern, name) }.map { $0.tolerance != nil } ?? true
    }

    /// Whether a tensor of these names is compared, which are spellings of one.
    func takes(any names: [String]) -> Bool {
        guard only.isEmpty || names.contains(where: { name in only.contains { NamePattern.matches($0, name) } }) else {
            return false
        }
        return rules.first { rule in names.contains { NamePattern.matches(rule.pattern, $0) } }
            .map { $0.tolerance != nil } ?? true
    }

    /// The tolerance of a tensor of that name.
    package func tolerance(of name: String) -> Tolerance {
        rules.first { NamePattern.matches($0.pattern, name) }?.tolerance ?? tolerance
    }

    /// Whether other values of a key pass.
    package func ignores(metadata key: String) -> Bool {
        ignoresMetadata || ignoredMetadata.contains { NamePattern.matches($0, key) }
    }

    /// Whether names of tensors in a file of a folder could be among those that are compared.
    func mayTake(fileAt path: String) -> Bool {
        let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
        return only.isEmpty || only.contains { NamePattern.mayMatch($0, namesFrom: folder) }
    }
}
