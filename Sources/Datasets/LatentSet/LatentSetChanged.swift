import Core

/// A row of a latent set that is not what was made.
package struct LatentSetChanged: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path.
    package let file: String
    /// The row in the file, from 0; nil where it is the digests of all.
    package let row: Int?
    /// The tensors that are meant.
    package let what: String
    /// The digest when it was made; nil where the list has none.
    package let expected: Digest?
    /// The digest now.
    package let found: Digest

    /// One line: file, row, tensors, both digests, hint.
    package var description: String {
        "\(file): \(row.map { "row \($0) of " } ?? "")\(what): expected digest \(expected?.hex ?? "none"), found "
            + "\(found.hex) (the file has changed since the set was made: put the old one back, or take the folder away "
            + "and make the set again: smpo data encode)"
    }
}
