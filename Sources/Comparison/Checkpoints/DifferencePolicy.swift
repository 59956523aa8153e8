#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// What two checkpoints may differ in and still pass.
public struct DifferencePolicy: Sendable, Equatable {
    /// What holds for the tensors whose names match a pattern.
    public struct Rule: Sendable, Equatable {
        /// A pattern as `fnmatch(3)` takes it: `*` stands for any run of characters, dots too.
        public let pattern: String
        /// How much they may differ; `nil` leaves them out of the comparison.
        public let tolerance: Tolerance?

        /// A rule.
        public init(pattern: String, tolerance: Tolerance?) {
            (self.pattern, self.tolerance) = (pattern, tolerance)
        }
    }

    /// How much a tensor that no rule matches may differ.
    public var tolerance: Tolerance
    /// The first that matches a name holds.
    public var rules: [Rule]
    /// Whether other metadata pass.
    public var ignoresMetadata: Bool
    /// Whether other names of the same content pass.
    public var allowsRename: Bool
    /// Patterns of the names that are compared; all where there are none.
    public var only: [String]

    /// A policy; as it stands, only identical checkpoints pass.
    public init(
        tolerance: Tolerance = .exact, rules: [Rule] = [], ignoresMetadata: Bool = false, allowsRename: Bool = false,
        only: [String] = []
    ) {
        self.tolerance = tolerance
        self.rules = rules
        self.ignoresMetadata = ignoresMetadata
        self.allowsRename = allowsRename
        self.only = only
    }

    /// Whether a tensor of that name is compared.
    public func takes(_ name: String) -> Bool {
        guard only.isEmpty || only.contains(where: { Self.matches($0, name) }) else { return false }
        return rules.first { Self.matches($0.pattern, name) }.map { $0.tolerance != nil } ?? true
    }

    /// How much a tensor of that name may differ.
    public func tolerance(of name: String) -> Tolerance {
        rules.first { Self.matches($0.pattern, name) }?.tolerance ?? tolerance
    }

    private static func matches(_ pattern: String, _ name: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
}
