import Core

/// What differs in the manifests of two runs.
package struct InputDifferences: PageSection {
    /// A place, and what stands there on both sides; nil where nothing does.
    package struct Entry: Sendable, Equatable {
        /// The keys from the root.
        package let path: String
        /// Both values.
        package let left: String?, right: String?
        /// Whether it is an input, which determines bits, or a circumstance, which must not.
        package let isInput: Bool

        /// An entry.
        package init(path: String, left: String?, right: String?, isInput: Bool) {
            (self.path, self.left, self.right, self.isInput) = (path, left, right, isInput)
        }

        /// Reads one of `RunDifference.json`. - Throws: `JSONShapeError`.
        init(json cursor: JSONCursor, isInput: Bool) throws {
            self.init(
                path: try cursor["path"].string(), left: try cursor["left"].present?.string(),
                right: try cursor["right"].present?.string(), isInput: isInput)
        }
    }

    /// The entries, inputs first.
    package let entries: [Entry]
    /// What the two are called.
    package let names: PageSides

    /// The anchor.
    package let key = "inputs"
    /// The heading.
    package let title = "What differs in the manifests"

    /// Entries of two runs.
    package init(_ entries: [Entry], names: PageSides) { (self.entries, self.names) = (entries, names) }

    /// What it says.
    package var sentences: [String] {
        let inputs = entries.count(where: \.isInput)
        return [
            inputs == 0
                ? "The inputs are equal."
                : "\(inputs) input\(inputs == 1 ? "" : "s") differ\(inputs == 1 ? "s" : ""): "
                    + entries.filter(\.isInput).prefix(6).map(\.path).joined(separator: ", ")
                    + (inputs > 6 ? ", …" : "") + ".",
            entries.count == inputs
                ? "The circumstances are equal."
                : "\(entries.count - inputs) of the circumstances differ, which must not matter.",
        ]
    }

    /// There is nothing else to see.
    package var isTableOpen: Bool { true }

    /// A number given as bits reads better as a number.
    private static func shown(_ text: String?) -> String {
        guard let text else { return "nothing" }
        let bare = text.filter { $0 != "\"" }
        return HexFloat.double(bare).map { "\($0)" } ?? bare
    }

    /// The entries.
    package func table(_ detail: PageDetail) -> PageTable? {
        entries.isEmpty
            ? nil
            : PageTable(
                ["place", names.recorded, names.found, "kind"],
                entries.map {
                    [$0.path, Self.shown($0.left), Self.shown($0.right), $0.isInput ? "input" : "circumstance"]
                }, most: detail.tableRows)
    }

    /// For programs.
    package var json: JSONValue {
        .array(
            entries.map {
                [
                    "path": .string($0.path), "left": $0.left.map { .string($0) } ?? .null,
                    "right": $0.right.map { .string($0) } ?? .null, "input": .bool($0.isInput),
                ]
            })
    }
}
