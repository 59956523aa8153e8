import Core
import Ledger

/// The mark of a golden run's manifest, and how often one was accepted under its name: the member `accepted` of its
/// circumstances. A golden run, or its history, that goes missing is missed by it, whatever else is taken away.
package struct GoldenMark: Sendable, Equatable {
    /// The number of lines of the history.
    package let acceptances: Int
    /// The digest of the history's bytes, in the domain `smpo/file/1`.
    package let history: Digest

    /// A mark.
    package init(acceptances: Int, history: Digest) { (self.acceptances, self.history) = (acceptances, history) }

    /// The member's name.
    package static let key = "accepted"

    /// The JSON form.
    package var json: JSONValue { ["acceptances": .integer(acceptances), "history": .digest(history)] }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["acceptances", "history"])
        self.init(acceptances: try cursor["acceptances"].int(), history: try cursor["history"].digest())
    }
}

extension Manifest {
    /// The mark of a golden run's manifest; nil where there is none, as in manifests that were accepted before there were
    /// marks. - Throws: `JSONShapeError`.
    package func goldenMark(file: String = "") throws -> GoldenMark? {
        guard let value = circumstances.other[GoldenMark.key] else { return nil }
        return try GoldenMark(json: JSONCursor(value, name: "manifest.circumstances.\(GoldenMark.key)", file: file))
    }

    /// The manifest with a mark, in place of what it had.
    package func marked(_ mark: GoldenMark?) -> Manifest {
        var marked = self
        marked.circumstances.other[GoldenMark.key] = mark?.json
        return marked
    }
}
