import Core

/// A name and what stands under it: to be read, and to be copied.
package struct Fact: Sendable, Equatable {
    /// What it belongs to: `signatures`, `outcome`, …; may be empty.
    package let group: String
    /// What it is.
    package let name: String
    /// What stands there: a digest, a word, a sentence.
    package let value: String

    /// A fact.
    package init(_ name: String, _ value: String, in group: String = "") {
        (self.group, self.name, self.value) = (group, name, value)
    }

    /// For programs.
    package var json: JSONValue { ["group": .string(group), "name": .string(name), "value": .string(value)] }

    init(json cursor: JSONCursor) throws {
        self.init(try cursor["name"].string(), try cursor["value"].string(), in: try cursor["group"].string())
    }
}
