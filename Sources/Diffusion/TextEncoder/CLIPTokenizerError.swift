/// A vocabulary that cannot be used, with the file and line to look at.
package struct CLIPTokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file.
    package let file: String
    /// The line, from 1; `nil` when the problem is in no single line.
    package let line: Int?
    /// What is wrong.
    package let problem: String
    /// What should be there.
    package let expected: String?
    /// What is there.
    package let found: String?

    init(file: String, line: Int? = nil, _ problem: String, expected: String? = nil, found: String? = nil) {
        self.file = file
        self.line = line
        self.problem = problem
        self.expected = expected
        self.found = found
    }

    /// One line: `file:line: problem, expected …, found …`.
    package var description: String {
        var text = file
        if let line { text += ":\(line)" }
        text += ": \(problem)"
        if let expected { text += ", expected \(expected)" }
        if let found { text += ", found \(found)" }
        return text
    }
}
