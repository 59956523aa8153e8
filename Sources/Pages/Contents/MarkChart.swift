import Core

/// Numbers of compared things over the steps: a ring where both sides are equal, a cross where they differ.
package struct MarkChart: Sendable, Equatable {
    /// A thing.
    package struct Mark: Sendable, Equatable {
        /// Its step, and the number that says how high it stands.
        package let step: Int, height: Int
        /// Whether both sides are equal; nil where they were not compared.
        package let isEqual: Bool?

        /// A thing.
        package init(step: Int, height: Int, isEqual: Bool?) {
            (self.step, self.height, self.isEqual) = (step, height, isEqual)
        }
    }

    /// What is drawn, and what the numbers are.
    package let title: String, unit: String
    /// The marks, in the order of their steps: as many as any presenter draws.
    package let marks: [Mark]
    /// How many there are.
    package let total: Int

    /// A chart.
    package init(_ title: String, unit: String, _ marks: [Mark]) {
        (self.title, self.unit, self.marks, total) = (title, unit, Self.cut(marks, Detail()), marks.count)
    }

    /// What differs is drawn in any case, as far as there is room.
    private static func cut(_ marks: [Mark], _ detail: Detail) -> [Mark] {
        let (other, equal) = (
            marks.indices.filter { marks[$0].isEqual == false }, marks.indices.filter { marks[$0].isEqual != false }
        )
        let places =
            StepBuckets.spread(other.count, most: detail.points).map { other[$0] }
            + StepBuckets.spread(equal.count, most: detail.points).map { equal[$0] }
        return places.sorted().map { marks[$0] }
    }

    private static let width = 760.0, left = 70.0, right = 16.0, top = 14.0, height = 190.0

    /// The figure. - Parameter id: of the drawing, one in the page.
    func html(_ id: String, _ description: String, _ detail: Detail) -> String {
        let shown = Self.cut(marks, detail)
        let (first, last) = (marks.first?.step ?? 1, marks.last?.step ?? 1)
        let rows = Axis(0, Double(max(1, marks.map(\.height).max() ?? 1)), about: 5, whole: true)
        let columns = Axis(Double(first), Double(last), about: 8, whole: true)
        let room = Self.width - Self.left - Self.right - 12
        func x(_ step: Double) -> Double {
            Self.left + 6 + (last > first ? (step - Double(first)) / Double(last - first) : 0.5) * room
        }
        func y(_ t: Double) -> Double { Self.top + (1 - rows.share(t)) * Self.height }
        var (rings, crosses, dots) = ("", "", "")
        for mark in shown {
            let (px, py) = (x(Double(mark.step)), y(Double(mark.height)))
            switch mark.isEqual {
            case true?: rings += "M\(Coordinate.text(px - 3)) \(Coordinate.text(py))a3 3 0 1 0 6 0a3 3 0 1 0 -6 0"
            case false?: crosses += "M\(Coordinate.text(px - 4)) \(Coordinate.text(py - 4))l8 8m0 -8l-8 8"
            case nil: dots += "M\(Coordinate.text(px - 3)) \(Coordinate.text(py))h6"
            }
        }
        let bottom = Self.top + Self.height
        let (left, right) = (Coordinate.text(Self.left), Coordinate.text(Self.width - Self.right))
        var body = rows.ticks.map { tick in
            "<path class=\"grid\" d=\"M\(left) \(Coordinate.text(y(tick)))H\(right)\"/>"
                + "<text x=\"\(Coordinate.text(Self.left - 8))\" y=\"\(Coordinate.text(y(tick) + 4))\" text-anchor=\"end\">\(rows.text(tick))</text>"
        }
        body += (last > first ? columns.ticks : [Double(first)]).map { tick in
            "<path class=\"axis\" d=\"M\(Coordinate.text(x(tick))) \(Coordinate.text(bottom))v5\"/>"
                + "<text x=\"\(Coordinate.text(x(tick)))\" y=\"\(Coordinate.text(bottom + 18))\" text-anchor=\"middle\">\(Int(tick))</text>"
        }
        body.append(
            "<path class=\"axis\" d=\"M\(left) \(Coordinate.text(bottom))H\(right)\"/>"
                + "<text x=\"\(right)\" y=\"\(Coordinate.text(bottom + 34))\" text-anchor=\"end\">step</text>"
                + "<text x=\"\(Coordinate.text(Self.left + 4))\" y=\"\(Coordinate.text(Self.top - 3))\">\(VisibleText.html(unit))</text>"
        )
        for (kind, path) in [("ring", rings), ("cross", crosses), ("dash", dots)] where !path.isEmpty {
            body.append("<path class=\"\(kind)\" d=\"\(path)\"/>")
        }
        return DrawingFrame(
            id: id, title: title, description: description, width: Self.width, height: bottom + 40, legend: legend,
            caption: shown.count < total
                ? "\(Figures.grouped(shown.count)) of \(Figures.grouped(total)) items are drawn." : ""
        ).html(body.joined(separator: "\n"))
    }

    private var legend: [String] {
        var samples: [String] = []
        if marks.contains(where: { $0.isEqual == true }) {
            samples.append(
                DrawingFrame.sample("<path class=\"ring\" d=\"M14 6a3 3 0 1 0 6 0a3 3 0 1 0 -6 0\"/>", "equal"))
        }
        if marks.contains(where: { $0.isEqual == false }) {
            samples.append(DrawingFrame.sample("<path class=\"cross\" d=\"M12 1l10 10m0 -10l-10 10\"/>", "differs"))
        }
        if marks.contains(where: { $0.isEqual == nil }) {
            samples.append(DrawingFrame.sample("<path class=\"dash\" d=\"M14 6h6\"/>", "not compared"))
        }
        return samples
    }

    var json: JSONValue {
        [
            "title": .string(title), "unit": .string(unit), "total": .integer(total),
            "marks": .array(
                marks.map {
                    [.integer($0.step), .integer($0.height), $0.isEqual.map { .bool($0) } ?? .null]
                }),
        ]
    }

    init(json cursor: JSONCursor) throws {
        (title, unit) = (try cursor["title"].string(), try cursor["unit"].string())
        marks = try cursor["marks"].elements().map {
            Mark(step: try $0[0].count(), height: try $0[1].count(), isEqual: try $0[2].present?.bool())
        }
        total = try cursor["total"].count()
        guard total >= marks.count else {
            throw try cursor["total"].error(expected: "at least \(marks.count)", found: "\(total)")
        }
    }
}
