/// A comparison that would compare nothing, or not what was asked for: never a pass.
public struct EmptyComparison: Error, Equatable, CustomStringConvertible {
    /// What is wrong, in words.
    public let problem: String
    /// What to do about it, or what is there.
    public let hint: String?

    /// An error.
    public init(_ problem: String, hint: String? = nil) { (self.problem, self.hint) = (problem, hint) }

    /// One line: problem and hint.
    public var description: String { problem + (hint.map { " (\($0))" } ?? "") }
}
