import Digests

/// What differs in the manifests of two runs.
public struct InputDifferences: PageSection {
    /// A place, and what stands there on both sides; nil where nothing does.
    public struct Entry: Sendable, Equatable {
        /// The keys from the root.
        public let path: String
        /// Both values.
        public let left: String?, right: String?
        /// Whether it is an input, which determines bits, or a circumstance, which must not.
        public let isInput: Bool

        /// An entry.
        public init(path: String, left: String?, right: String?, isInput: Bool) {
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
    public let entries: [Entry]
    /// What the two are called.
    public let names: PageSides

    /// The anchor.
    public let key = "inputs"
    /// The heading.
    public let title = "What differs in the manifests"

    /// Entries of two runs.
    public init(_ entries: [Entry], names: PageSides) { (self.entries, self.names) = (entries, names) }

    /// What it says.
    public var sentences: [String] {
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
    public var isTableOpen: Bool { true }

    /// A number given as bits reads better as a number.
    private static func shown(_ text: String?) -> String {
        guard let text else { return "nothing" }
        let bare = text.filter { $0 != "\"" }
        return HexFloat.double(bare).map { "\($0)" } ?? bare
    }

    /// The entries.
    public func table(_ detail: PageDetail) -> PageTable? {
        entries.isEmpty
            ? nil
            : PageTable(
                ["place", names.recorded, names.found, "kind"],
                entries.map {
                    [$0.path, Self.shown($0.left), Self.shown($0.right), $0.isInput ? "input" : "circumstance"]
                }, most: detail.tableRows)
    }

    /// For programs.
    public var json: JSONValue {
        .array(
            entries.map {
                [
                    "path": .string($0.path), "left": $0.left.map { .string($0) } ?? .null,
                    "right": $0.right.map { .string($0) } ?? .null, "input": .bool($0.isInput),
                ]
            })
    }
}
