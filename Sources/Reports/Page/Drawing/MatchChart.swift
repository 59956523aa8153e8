/// Timesteps of the compared latents over the steps: a ring where both are equal, a cross where one differs.
struct MatchChart {
    let id: String, title: String, description: String
    let matches: [LatentSection.Match]
    let detail: PageDetail

    private static let width = 760.0, left = 70.0, right = 16.0, top = 14.0, height = 190.0

    var html: String {
        let known = matches.filter { $0.timestep != nil }
        // What differs is drawn in any case, as far as there is room.
        let (other, equal) = (known.filter { $0.isEqual == false }, known.filter { $0.isEqual != false })
        let shown =
            StepBuckets.spread(other.count, most: detail.points).map { other[$0] }
            + StepBuckets.spread(equal.count, most: detail.points).map { equal[$0] }
        let (first, last) = (known.first?.step ?? 1, known.last?.step ?? 1)
        let rows = Axis(0, Double(max(1, known.compactMap(\.timestep).max() ?? 1)), about: 5, whole: true)
        let columns = Axis(Double(first), Double(last), about: 8, whole: true)
        let room = Self.width - Self.left - Self.right - 12
        func x(_ step: Double) -> Double {
            Self.left + 6 + (last > first ? (step - Double(first)) / Double(last - first) : 0.5) * room
        }
        func y(_ t: Double) -> Double { Self.top + (1 - rows.share(t)) * Self.height }
        var (rings, crosses, dots) = ("", "", "")
        for match in shown {
            let (px, py) = (x(Double(match.step)), y(Double(match.timestep ?? 0)))
            switch match.isEqual {
            case true?: rings += "M\(Place.text(px - 3)) \(Place.text(py))a3 3 0 1 0 6 0a3 3 0 1 0 -6 0"
            case false?: crosses += "M\(Place.text(px - 4)) \(Place.text(py - 4))l8 8m0 -8l-8 8"
            case nil: dots += "M\(Place.text(px - 3)) \(Place.text(py))h6"
            }
        }
        let bottom = Self.top + Self.height
        let (left, right) = (Place.text(Self.left), Place.text(Self.width - Self.right))
        var body = rows.ticks.map { tick in
            "<path class=\"grid\" d=\"M\(left) \(Place.text(y(tick)))H\(right)\"/>"
                + "<text x=\"\(Place.text(Self.left - 8))\" y=\"\(Place.text(y(tick) + 4))\" text-anchor=\"end\">\(rows.text(tick))</text>"
        }
        body += (last > first ? columns.ticks : [Double(first)]).map { tick in
            "<path class=\"axis\" d=\"M\(Place.text(x(tick))) \(Place.text(bottom))v5\"/>"
                + "<text x=\"\(Place.text(x(tick)))\" y=\"\(Place.text(bottom + 18))\" text-anchor=\"middle\">\(Int(tick))</text>"
        }
        body.append(
            "<path class=\"axis\" d=\"M\(left) \(Place.text(bottom))H\(right)\"/>"
                + "<text x=\"\(right)\" y=\"\(Place.text(bottom + 34))\" text-anchor=\"end\">step</text>"
                + "<text x=\"\(Place.text(Self.left + 4))\" y=\"\(Place.text(Self.top - 3))\">timestep t</text>")
        for (kind, path) in [("ring", rings), ("cross", crosses), ("dash", dots)] where !path.isEmpty {
            body.append("<path class=\"\(kind)\" d=\"\(path)\"/>")
        }
        return DrawingFrame(
            id: id, title: title, description: description, width: Self.width, height: bottom + 40, legend: legend,
            caption: shown.count < known.count
                ? "\(Figures.grouped(shown.count)) of \(Figures.grouped(known.count)) items are drawn." : ""
        ).html(body.joined(separator: "\n"))
    }

    private var legend: [String] {
        var marks: [String] = []
        if matches.contains(where: { $0.isEqual == true }) {
            marks.append(
                DrawingFrame.sample("<path class=\"ring\" d=\"M14 6a3 3 0 1 0 6 0a3 3 0 1 0 -6 0\"/>", "equal"))
        }
        if matches.contains(where: { $0.isEqual == false }) {
            marks.append(DrawingFrame.sample("<path class=\"cross\" d=\"M12 1l10 10m0 -10l-10 10\"/>", "differs"))
        }
        if matches.contains(where: { $0.isEqual == nil }) {
            marks.append(DrawingFrame.sample("<path class=\"dash\" d=\"M14 6h6\"/>", "not compared"))
        }
        return marks
    }
}
