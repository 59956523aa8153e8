import Core

/// What the two sides of a comparison are called.
package struct ComparedSides: Sendable, Equatable {
    /// The side that was there first, and the one that was held against it.
    package let recorded: String, found: String

    /// Two names.
    package init(recorded: String, found: String) { (self.recorded, self.found) = (recorded, found) }

    /// A record and its replay.
    package static let replay = ComparedSides(recorded: "recorded", found: "replayed")

    /// The loss of a side, in a sentence.
    package func loss(_ name: String) -> String { self == .replay ? "the \(name) loss" : "the loss of \(name)" }

    /// For programs.
    package var json: JSONValue { [.string(recorded), .string(found)] }
}
