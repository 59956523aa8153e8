import Core

/// A folder that holds, or begins, another latent set than the one that is asked for.
package struct LatentSetMismatch: Error, Sendable, Equatable, CustomStringConvertible {
    /// The folder.
    package let folder: String
    /// What is another.
    package let what: String
    /// What was asked for.
    package let expected: String
    /// What is there.
    package let found: String

    init(folder: String, what: String, expected: String, found: String) {
        (self.folder, self.what, self.expected, self.found) = (folder, what, expected, found)
    }

    /// `set` is not one of `source`.
    package init(_ set: LatentSet, _ source: LatentSetSource) {
        let difference = source.difference(from: set.source)
        self.init(
            folder: set.folder, what: difference?.name ?? "the layout", expected: difference?.own ?? "another",
            found: difference?.other ?? "\(JSONValue.object(set.layout.json).canonical)")
    }

    /// One line: folder, what, both, hint.
    package var description: String {
        "\(folder) holds another latent set: \(what): expected \(expected), found \(found) (name another folder, or "
            + "write over it: smpo data encode --replace)"
    }
}
