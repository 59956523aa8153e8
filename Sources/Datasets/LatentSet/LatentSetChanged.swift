import Checkpoints
import Core

/// A file of a latent set that is not what was made.
package struct LatentSetChanged: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path.
    package let file: String
    /// The row in the file, from 0; nil where it is not known which.
    package let row: Int?
    /// What is another: tensors of the row, or what is wrong with the file.
    package let what: String
    /// What was made: a digest, or what the file has to be; nil where nothing says it.
    package let expected: String?
    /// What is there now.
    package let found: String?

    /// Another digest of `what` than when it was made.
    init(file: String, row: Int?, what: String, expected: Digest?, found: Digest) {
        self.init(file: file, row: row, what: what, expected: "digest \(expected?.hex ?? "none")", found: found.hex)
    }

    /// A file that cannot be read as one of a set any more.
    init(_ error: CheckpointError) {
        self.init(
            file: error.file, row: nil, what: (error.tensor.map { "tensor \"\($0)\": " } ?? "") + error.problem,
            expected: error.expected, found: error.found)
    }

    init(file: String, row: Int?, what: String, expected: String?, found: String?) {
        (self.file, self.row, self.what, self.expected, self.found) = (file, row, what, expected, found)
    }

    /// One line: file, row, what, both, hint.
    package var description: String {
        "\(file): \(row.map { "row \($0) of " } ?? "")\(what)" + (expected.map { ": expected \($0)" } ?? "")
            + (found.map { ", found \($0)" } ?? "")
            + " (the file has changed since the set was made: put the old one back, or take the folder away and make the "
            + "set again: smpo data encode)"
    }
}
