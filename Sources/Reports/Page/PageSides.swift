import Core

/// What the two sides of a comparison are called.
package struct PageSides: Sendable, Equatable {
    /// The side that was there first, and the one that was held against it.
    package let recorded: String, found: String

    /// Two names.
    package init(recorded: String, found: String) { (self.recorded, self.found) = (recorded, found) }

    /// A record and its replay.
    package static let replay = PageSides(recorded: "recorded", found: "replayed")

    /// The loss of a side, in a sentence.
    func loss(_ name: String) -> String {
        self == .replay ? "the \(name) loss" : "the loss of \(name)"
    }

    var json: JSONValue { [.string(recorded), .string(found)] }
}
