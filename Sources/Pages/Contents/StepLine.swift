import Core

/// A line of steps: a ring for the last that is equal, a cross for the first that differs.
package struct StepLine: Sendable, Equatable {
    /// The steps that were compared, at most.
    package let steps: Int
    /// The last equal step, or 0, and the first that differs.
    package let lastEqual: Int, step: Int
    /// What differs there.
    package let label: String

    /// A line of `steps` steps.
    package init(steps: Int, lastEqual: Int, step: Int, label: String) {
        (self.steps, self.lastEqual, self.step, self.label) = (steps, lastEqual, step, label)
    }

    /// The figure. - Parameter id: of the drawing, one in the page.
    func html(_ id: String, _ description: String) -> String {
        let last = max(steps, step)
        let (left, width, y) = (24.0, 712.0, 40.0)
        func x(_ step: Int) -> Double { left + (last > 1 ? Double(step - 1) / Double(last - 1) : 0.5) * width }
        var body =
            "<path class=\"base\" d=\"M\(Coordinate.text(x(step))) \(Coordinate.text(y))H\(Coordinate.text(left + width))\"/>"
        if lastEqual > 0 {
            // Of a long run the two would lie on each other.
            let ring = min(x(lastEqual), x(step) - 16)
            body +=
                "<path class=\"curve solid\" d=\"M\(Coordinate.text(min(x(1), ring))) \(Coordinate.text(y))H\(Coordinate.text(ring))\"/>"
                + "<path class=\"ring\" d=\"M\(Coordinate.text(ring - 5)) \(Coordinate.text(y))a5 5 0 1 0 10 0a5 5 0 1 0 -10 0\"/>"
        }
        let px = x(step)
        body += "<path class=\"cross\" d=\"M\(Coordinate.text(px - 7)) \(Coordinate.text(y - 7))l14 14m0 -14l-14 14\"/>"
        let anchor = px < 120 ? "start" : px > 640 ? "end" : "middle"
        let tx = anchor == "start" ? left : anchor == "end" ? left + width : px
        body +=
            "<text class=\"strong\" x=\"\(Coordinate.text(tx))\" y=\"\(Coordinate.text(y - 17))\" text-anchor=\"\(anchor)\">"
            + "step \(step) · \(VisibleText.html(label, most: 90))</text>"
            + "<text x=\"\(Coordinate.text(left))\" y=\"\(Coordinate.text(y + 28))\">1</text>"
            + "<text x=\"\(Coordinate.text(left + width))\" y=\"\(Coordinate.text(y + 28))\" text-anchor=\"end\">\(last)</text>"
        return DrawingFrame(
            id: id, title: "First difference", description: description, width: 760, height: 76,
            legend: [
                DrawingFrame.sample(
                    "<path class=\"ring\" d=\"M12 6a5 5 0 1 0 10 0a5 5 0 1 0 -10 0\"/>", "last equal step"),
                DrawingFrame.sample("<path class=\"cross\" d=\"M12 1l10 10m0 -10l-10 10\"/>", "first difference"),
            ]
        ).html(body)
    }

    var json: JSONValue {
        [
            "steps": .integer(steps), "last_equal_step": .integer(lastEqual), "step": .integer(step),
            "label": .string(label),
        ]
    }

    init(json cursor: JSONCursor) throws {
        self.init(
            steps: try cursor["steps"].count(), lastEqual: try cursor["last_equal_step"].count(),
            step: try cursor["step"].count(), label: try cursor["label"].string())
    }
}
