import Core
import Pages

/// Where two traces part, with all that is known of it.
package struct FirstDifference: Sendable {
    /// The place.
    package let divergence: Divergence
    /// The steps that were compared, at most.
    package let steps: Int
    /// The first operator that differs, the cause, and the kind of change, each where it is known.
    package var operation: String?, cause: Cause?, kind: String?
    /// What was looked at on the way.
    package var looked: [String] = []

    /// A place that a comparison of up to `steps` steps found.
    package init(_ divergence: Divergence, steps: Int) { (self.divergence, self.steps) = (divergence, steps) }

    private static let (key, title) = ("first-difference", "First difference")

    /// That none is known, in its place.
    package static func none(_ sentence: String) -> Finding { Finding(key, title, says: [sentence]) }

    /// That none is known, for a reason.
    package static func missing(_ why: String) -> Finding { .missing(key, title, why) }

    private var says: [String] {
        let (last, element) = (divergence.lastEqualStep, divergence.element)
        var lines = [
            (last == 0 ? "No step is equal. " : "Step \(last) is the last that is equal. ")
                + "The first difference is in step \(divergence.step), phase \(divergence.phase.rawValue), \(divergence.tensor)."
        ]
        if let element {
            lines.append(
                "Element \(element.place): expected \(element.expected) (\(element.expectedBits)), found \(element.found) "
                    + "(\(element.foundBits))" + (element.ulp.map { ", \(Figures.ulp($0)) ULP apart." } ?? "."))
        } else {
            lines.append("The element is not named: the values of one side are not at hand, only their digests.")
        }
        if let operation { lines.append("First operator: \(operation).") }
        if let cause { lines.append("Cause: \(cause.meaning).") }
        if let kind { lines.append("Kind of change: \(kind).") }
        return lines + looked.map { "Looked at: \($0)." }
    }

    /// The last equal step; step, phase, tensor and element of the first difference.
    package var finding: Finding {
        let (last, element, phase) = (divergence.lastEqualStep, divergence.element, divergence.phase.rawValue)
        let rows: [(String, String?)] = [
            ("last equal step", last == 0 ? "none" : "\(last)"), ("first different step", "\(divergence.step)"),
            ("phase", phase), ("tensor or number", divergence.tensor), ("expected", divergence.expected),
            ("found", divergence.found), ("element", element?.place),
            ("expected value", element.map { "\($0.expected) (\($0.expectedBits))" }),
            ("found value", element.map { "\($0.found) (\($0.foundBits))" }),
            ("distance", element?.ulp.map { "\(Figures.ulp($0)) ULP" }),
        ]
        var finding = Finding(Self.key, Self.title, says: says, data: data)
        finding.contents = [
            .line(
                StepLine(
                    steps: steps, lastEqual: last, step: divergence.step, label: "\(phase) · \(divergence.tensor)")),
            .table(Table(["what", "value"], rows.compactMap { name, value in value.map { [name, $0] } })),
        ]
        return finding
    }

    private var data: JSONValue {
        guard case .object(var object) = divergence.json else { return .null }
        object["summary"] = nil
        object["steps"] = .integer(steps)
        for (name, value) in [("operator", operation), ("cause", cause?.meaning), ("kind", kind)] {
            object[name] = value.map { .string($0) }
        }
        if let element = divergence.element, case .object(var member) = element.json {
            member["place"] = .string(element.place)
            object["element"] = .object(member)
        }
        return .object(object)
    }
}
