/// A text that is not JSON as this project reads it: where and why.
package struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
    /// The file (or another name of the source).
    package let file: String
    /// Bytes before the fault, from 0.
    package let offset: Int
    /// The line, from 1; lines end at a line feed.
    package let line: Int
    /// The column in bytes, from 1.
    package let column: Int
    /// What is wrong.
    package let reason: String

    /// `file:line:column: reason (byte offset)`.
    package var description: String { "\(file):\(line):\(column): \(reason) (byte \(offset))" }
}

/// A well-formed document that does not hold what is asked of it.
package struct JSONShapeError: Error, Equatable, CustomStringConvertible {
    /// The file (or another name of the source); empty when the value was made in memory.
    package let file: String
    /// The way to the value, as `config.block_out_channels[1]`.
    package let path: String
    /// What should stand there.
    package let expected: String
    /// What stands there.
    package let found: String

    /// An error with all its parts; an empty `file` stands for a value made in memory.
    package init(file: String, path: String, expected: String, found: String) {
        self.file = file
        self.path = path
        self.expected = expected
        self.found = found
    }

    /// `file: path: expected …, found …`.
    package var description: String {
        (file.isEmpty ? "" : "\(file): ") + "\(path): expected \(expected), found \(found)"
    }
}
