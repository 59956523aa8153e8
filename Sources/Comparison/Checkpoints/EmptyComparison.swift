/// A comparison that would compare nothing, or not what was asked for: never a pass.
package struct EmptyComparison: Error, Equatable, CustomStringConvertible {
    /// The fault, in words.
    package let problem: String
    /// A remedy, or a list of what is there.
    package let hint: String?

    /// An error.
    package init(_ problem: String, hint: String? = nil) { (self.problem, self.hint) = (problem, hint) }

    /// One line: problem and hint.
    package var description: String { problem + (hint.map { " (\($0))" } ?? "") }
}
