import Audit
import Comparison
import Core

/// Where two traces part: the last equal step, and step, phase, tensor and element of the first difference.
package struct FirstDifference: PageSection {
    /// The number that differs: its coordinates, both values with their bits, and their distance.
    package struct Element: Sendable, Equatable {
        /// `[2, 11, 12]`.
        package let place: String
        /// Values and bits.
        package let expected: String, found: String, expectedBits: String, foundBits: String
        /// The distance in units of the last place, where it has one.
        package let ulp: UInt64?
    }

    /// The steps that were compared, at most.
    package let steps: Int
    /// The last equal step, or 0, and the first that differs.
    package let lastEqual: Int, step: Int
    /// Phase and tensor.
    package let phase: String, tensor: String
    /// Both digests or values as texts, where there are any.
    package let expected: String?, found: String?
    /// The element, where it is known.
    package let element: Element?
    /// The first operator that differs, the cause, and the kind of change, each where it is known.
    package var operation: String?, cause: String?, kind: String?
    /// What was looked at on the way.
    package var looked: [String] = []

    /// The anchor.
    package let key = "first-difference"
    /// The heading.
    package let title = "First difference"

    /// The place that a comparison of up to `steps` steps found.
    package init(_ divergence: Divergence, steps: Int) {
        self.steps = steps
        (lastEqual, step) = (divergence.lastEqualStep, divergence.step)
        (phase, tensor) = (divergence.phase.rawValue, divergence.tensor)
        (expected, found) = (divergence.expected, divergence.found)
        element = divergence.element.map {
            Element(
                place: FirstDifference.place($0.coordinates.isEmpty ? [$0.index] : $0.coordinates),
                expected: $0.expected, found: $0.found, expectedBits: $0.expectedBits, foundBits: $0.foundBits,
                ulp: $0.ulp)
        }
    }

    /// The place that `AuditReport.json` or `RunDifference.json` tell of. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor, steps: Int) throws {
        self.steps = steps
        (lastEqual, step) = (try cursor["last_equal_step"].int(), try cursor["step"].int())
        (phase, tensor) = (try cursor["phase"].string(), try cursor["tensor"].string())
        (expected, found) = (
            try cursor["expected"].present?.string(), try cursor["found"].present?.string()
        )
        element = try cursor["element"].present.map { element in
            let coordinates = try element["coordinates"].elements().map { try $0.int() }
            return Element(
                place: FirstDifference.place(coordinates.isEmpty ? [try element["index"].int()] : coordinates),
                expected: try element["expected"].string(), found: try element["found"].string(),
                expectedBits: try element["expected_bits"].string(), foundBits: try element["found_bits"].string(),
                ulp: try element["ulp"].present?.uint64())
        }
    }

    private static func place(_ coordinates: [Int]) -> String {
        "[" + coordinates.map(String.init).joined(separator: ", ") + "]"
    }

    /// What it says.
    package var sentences: [String] {
        var lines = [
            (lastEqual == 0 ? "No step is equal. " : "Step \(lastEqual) is the last that is equal. ")
                + "The first difference is in step \(step), phase \(phase), \(tensor)."
        ]
        if let element {
            lines.append(
                "Element \(element.place): expected \(element.expected) (\(element.expectedBits)), found \(element.found) "
                    + "(\(element.foundBits))" + (element.ulp.map { ", \(Figures.ulp($0)) ULP apart." } ?? "."))
        } else {
            lines.append("The element is not named: the values of one side are not at hand, only their digests.")
        }
        if let operation { lines.append("First operator: \(operation).") }
        if let cause { lines.append("Cause: \(cause).") }
        if let kind { lines.append("Kind of change: \(kind).") }
        return lines + looked.map { "Looked at: \($0)." }
    }

    /// The parts of the place.
    package func table(_ detail: PageDetail) -> PageTable? {
        let rows: [(String, String?)] = [
            ("last equal step", lastEqual == 0 ? "none" : "\(lastEqual)"), ("first different step", "\(step)"),
            ("phase", phase), ("tensor or number", tensor), ("expected", expected), ("found", found),
            ("element", element?.place),
            ("expected value", element.map { "\($0.expected) (\($0.expectedBits))" }),
            ("found value", element.map { "\($0.found) (\($0.foundBits))" }),
            ("distance", element?.ulp.map { "\(Figures.ulp($0)) ULP" }),
        ]
        return PageTable(["what", "value"], rows.compactMap { name, value in value.map { [name, $0] } })
    }

    /// A line of steps: rings for equal ones, a cross for the first that differs.
    package func drawing(_ detail: PageDetail) -> String {
        let last = max(steps, step)
        let (left, width, y) = (24.0, 712.0, 40.0)
        func x(_ step: Int) -> Double { left + (last > 1 ? Double(step - 1) / Double(last - 1) : 0.5) * width }
        var body = "<path class=\"base\" d=\"M\(Place.text(x(step))) \(Place.text(y))H\(Place.text(left + width))\"/>"
        if lastEqual > 0 {
            // Of a long run the two would lie on each other.
            let ring = min(x(lastEqual), x(step) - 16)
            body +=
                "<path class=\"curve solid\" d=\"M\(Place.text(min(x(1), ring))) \(Place.text(y))H\(Place.text(ring))\"/>"
                + "<path class=\"ring\" d=\"M\(Place.text(ring - 5)) \(Place.text(y))a5 5 0 1 0 10 0a5 5 0 1 0 -10 0\"/>"
        }
        let px = x(step)
        body += "<path class=\"cross\" d=\"M\(Place.text(px - 7)) \(Place.text(y - 7))l14 14m0 -14l-14 14\"/>"
        let anchor = px < 120 ? "start" : px > 640 ? "end" : "middle"
        let tx = anchor == "start" ? left : anchor == "end" ? left + width : px
        body +=
            "<text class=\"strong\" x=\"\(Place.text(tx))\" y=\"\(Place.text(y - 17))\" text-anchor=\"\(anchor)\">"
            + "step \(step) · \(VisibleText.html(phase)) · \(VisibleText.html(tensor, most: 60))</text>"
            + "<text x=\"\(Place.text(left))\" y=\"\(Place.text(y + 28))\">1</text>"
            + "<text x=\"\(Place.text(left + width))\" y=\"\(Place.text(y + 28))\" text-anchor=\"end\">\(last)</text>"
        return DrawingFrame(
            id: key, title: title, description: sentences[0], width: 760, height: 76,
            legend: [
                DrawingFrame.sample(
                    "<path class=\"ring\" d=\"M12 6a5 5 0 1 0 10 0a5 5 0 1 0 -10 0\"/>", "last equal step"),
                DrawingFrame.sample("<path class=\"cross\" d=\"M12 1l10 10m0 -10l-10 10\"/>", "first difference"),
            ]
        ).html(body)
    }

    /// For programs.
    package var json: JSONValue {
        var object: JSONObject = [
            "last_equal_step": .integer(lastEqual), "step": .integer(step), "phase": .string(phase),
            "tensor": .string(tensor), "steps": .integer(steps),
        ]
        for (name, value) in [
            ("expected", expected), ("found", found), ("operator", operation), ("cause", cause), ("kind", kind),
        ] {
            object[name] = value.map { .string($0) }
        }
        if let element {
            var member: JSONObject = [
                "place": .string(element.place), "expected": .string(element.expected), "found": .string(element.found),
                "expected_bits": .string(element.expectedBits), "found_bits": .string(element.foundBits),
            ]
            member["ulp"] = element.ulp.map { .integer($0) }
            object["element"] = .object(member)
        }
        return .object(object)
    }
}
