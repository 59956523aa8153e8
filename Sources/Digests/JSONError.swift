/// A text that is not JSON as this project reads it: where and why.
public struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
    /// The file (or another name of the source).
    public let file: String
    /// Bytes before the fault, from 0.
    public let offset: Int
    /// The line, from 1; lines end at a line feed.
    public let line: Int
    /// The column in bytes, from 1.
    public let column: Int
    /// What is wrong.
    public let reason: String

    /// `file:line:column: reason (byte offset)`.
    public var description: String { "\(file):\(line):\(column): \(reason) (byte \(offset))" }
}

/// A well-formed document that does not hold what is asked of it.
public struct JSONShapeError: Error, Equatable, CustomStringConvertible {
    /// The file (or another name of the source); empty when the value was made in memory.
    public let file: String
    /// The way to the value, as `config.block_out_channels[1]`.
    public let path: String
    /// What should stand there.
    public let expected: String
    /// What stands there.
    public let found: String

    /// `file: path: expected …, found …`.
    public var description: String {
        (file.isEmpty ? "" : "\(file): ") + "\(path): expected \(expected), found \(found)"
    }
}
