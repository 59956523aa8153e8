import Core
import Pages

/// What differs in the manifests of two runs.
package struct ManifestDifferences: Sendable {
    /// What determines bits, and the circumstances, which must not.
    package let inputs: [DocumentDifference], circumstances: [DocumentDifference]
    /// What the two are called.
    package let names: ComparedSides

    /// Differences of two manifests.
    package init(inputs: [DocumentDifference], circumstances: [DocumentDifference], names: ComparedSides) {
        (self.inputs, self.circumstances, self.names) = (inputs, circumstances, names)
    }

    private var says: [String] {
        let count = inputs.count
        return [
            count == 0
                ? "The inputs are equal."
                : "\(count) input\(count == 1 ? "" : "s") differ\(count == 1 ? "s" : ""): "
                    + inputs.prefix(6).map(\.path).joined(separator: ", ") + (count > 6 ? ", …" : "") + ".",
            circumstances.isEmpty
                ? "The circumstances are equal."
                : "\(circumstances.count) of the circumstances differ, which must not matter.",
        ]
    }

    /// A row for each.
    package var finding: Finding {
        let all = inputs.map { ($0, true) } + circumstances.map { ($0, false) }
        let data = all.map { difference, isInput -> JSONValue in
            guard case .object(var object) = difference.json else { return .null }
            object["input"] = .bool(isInput)
            return .object(object)
        }
        var finding = Finding("inputs", "What differs in the manifests", says: says, data: .array(data))
        let rows = all.map { difference, isInput in
            [
                difference.path, DocumentDifference.shown(difference.left, most: 200),
                DocumentDifference.shown(difference.right, most: 200),
                isInput ? "input" : "circumstance",
            ]
        }
        if !rows.isEmpty {
            finding.contents = [.table(Table(["place", names.recorded, names.found, "kind"], rows, isOpen: true))]
        }
        return finding
    }
}
