import Core

/// The first operator of a step at which two traces of operators part.
package struct OperatorDivergence: Sendable, Equatable {
    /// In which way they part.
    package enum Kind: String, Sendable {
        /// Equal inputs, other results: this operator computed otherwise.
        case outputs
        /// The results of all operators before are equal, but this one takes other numbers: weights, pictures or noise
        /// that no operator of the step made.
        case inputs
        /// Another operator ran here, or none.
        case order
    }

    /// The step, counted from 1.
    package let step: Int
    /// In which way they part.
    package let kind: Kind
    /// The section, its number and the operator's number in it, from 0.
    package let section: String, sectionIndex: Int, index: Int
    /// The operation and, where it has one, the parameter; for `order` what ran on each side.
    package let operation: String
    /// The digests that differ: of the inputs, or of the outputs.
    package let expected: String, found: String
    /// The other side of the comparison, such as `the record` or `run-43`.
    package let reference: String
    /// The first number that differs, where the values of both sides are known; `output` counts the results from 0.
    package var element: (output: Int, element: Divergence.Element)?

    /// One sentence.
    package var description: String {
        let place = "step \(step), \(section), operator \(index) (\(operation))"
        switch kind {
        case .outputs:
            guard let (output, element) = element else {
                return "\(place): equal inputs, other results than \(reference)"
            }
            let number = "result \(output), \(element.description)"
            return "\(place): equal inputs, other results than \(reference): \(number)"
        case .inputs:
            return "\(place): takes other numbers than \(reference), which no operator of the step made"
        case .order: return "\(place): \(reference) has \(expected), here is \(found)"
        }
    }

    /// Equality of all parts.
    package static func == (left: OperatorDivergence, right: OperatorDivergence) -> Bool {
        left.step == right.step && left.kind == right.kind && left.section == right.section
            && left.sectionIndex == right.sectionIndex && left.index == right.index
            && left.operation == right.operation && left.expected == right.expected && left.found == right.found
            && left.reference == right.reference && left.element?.output == right.element?.output
            && left.element?.element == right.element?.element
    }
}

extension OperatorDivergence {
    /// For programs.
    package var json: JSONValue {
        var object: JSONObject = [
            "step": .integer(step), "kind": .string(kind.rawValue), "section": .string(section),
            "section_index": .integer(sectionIndex), "index": .integer(index), "operation": .string(operation),
            "compared_with": .string(reference), "expected": .string(expected), "found": .string(found),
            "summary": .string(description),
        ]
        if let (output, element) = element {
            object["output"] = .integer(output)
            object["element"] = element.json
        }
        return .object(object)
    }

    /// Reads `json` back. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        let word = try cursor["kind"].string()
        guard let kind = Kind(rawValue: word) else {
            throw try cursor["kind"].error(expected: "outputs, inputs or order", found: "\"\(word)\"")
        }
        self.init(
            step: try cursor["step"].int(), kind: kind, section: try cursor["section"].string(),
            sectionIndex: try cursor["section_index"].int(), index: try cursor["index"].int(),
            operation: try cursor["operation"].string(), expected: try cursor["expected"].string(),
            found: try cursor["found"].string(), reference: try cursor["compared_with"].string())
        element = try cursor["element"].present.map { (try cursor["output"].int(), try Divergence.Element(json: $0)) }
    }
}
