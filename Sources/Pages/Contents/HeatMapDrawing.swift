import Core

/// Shares of layers or phases over the steps: a cell is filled from below by its share, and the darker the more.
struct HeatMapDrawing {
    private let map: HeatMap
    private let rows: [(name: String, row: HeatMap.Row?)]
    private let columns: [Range<Int>]
    private let folded: [HeatMap.Row]
    private static let cell = 15.0, label = 252.0, right = 16.0, width = 760.0, top = 24.0

    init(_ map: HeatMap, _ detail: Detail) {
        self.map = map
        columns = StepBuckets.ranges(map.steps.count, most: detail.columns)
        guard map.rows.count > detail.rows else {
            (rows, folded) = (map.rows.map { ($0.name, $0) }, [])
            return
        }
        // The rows that differ most stand by themselves, in their own order; the others share the last one.
        let sums = map.rows.map { row in row.differing.indices.reduce(0.0) { $0 + row.share($1) } }
        let chosen = Set(
            map.rows.indices.sorted { sums[$0] != sums[$1] ? sums[$0] > sums[$1] : $0 < $1 }.prefix(detail.rows - 1))
        folded = map.rows.indices.filter { !chosen.contains($0) }.map { map.rows[$0] }
        rows =
            map.rows.indices.filter(chosen.contains).map { (map.rows[$0].name, map.rows[$0]) }
            + [("the \(folded.count) others, most", nil)]
    }

    private func share(_ row: HeatMap.Row?, _ column: Range<Int>) -> Double {
        (row.map { [$0] } ?? folded).reduce(0) { most, row in column.reduce(most) { max($0, row.share($1)) } }
    }

    func html(_ id: String, _ description: String) -> String {
        let step = (Self.width - Self.label - Self.right) / Double(columns.count)
        var levels = [String](repeating: "", count: 9)
        var labels = ""
        for (index, (name, row)) in rows.enumerated() {
            let y = Self.top + Double(index) * Self.cell
            labels +=
                "<text x=\"\(Coordinate.text(Self.label - 8))\" y=\"\(Coordinate.text(y + 11))\" text-anchor=\"end\">\(VisibleText.html(Self.short(name)))</text>"
            for (place, column) in columns.enumerated() {
                let value = share(row, column)
                guard value > 0 else { continue }
                let level = max(1, min(8, Int((value * 8).rounded(.up))))
                let size = Double(level) / 8 * (Self.cell - 2)
                levels[level] +=
                    "M\(Coordinate.text(Self.label + Double(place) * step)) \(Coordinate.text(y + Self.cell - 1))"
                    + "v\(Coordinate.text(-size))h\(Coordinate.text(max(1, step - (step > 4 ? 1 : 0))))v\(Coordinate.text(size))z"
            }
        }
        let bottom = Self.top + Double(rows.count) * Self.cell
        let frame =
            "<path class=\"axis\" d=\"M\(Coordinate.text(Self.label)) \(Coordinate.text(bottom))H\(Coordinate.text(Self.width - Self.right))\"/>"
        let cells = levels.enumerated().filter { !$0.element.isEmpty }.map {
            "<path class=\"heat\" fill-opacity=\"\(Coordinate.text(0.3 + 0.0875 * Double($0.offset)))\" d=\"\($0.element)\"/>"
        }
        let isThinned = columns.count < map.steps.count
        let caption =
            (isThinned ? "A column stands for several steps and shows the largest share among them. " : "")
            + (folded.isEmpty ? "" : "The last row shows the largest share among the rows that are not drawn.")
        return DrawingFrame(
            id: id, title: map.title, description: description, width: Self.width,
            height: bottom + 40,
            legend: [
                DrawingFrame.sample("<path class=\"base\" d=\"M4 11H30\"/>", "equal"),
                DrawingFrame.sample(
                    "<path class=\"heat\" fill-opacity=\".4\" d=\"M4 11v-3h26v3z\"/>", "a quarter differs"),
                DrawingFrame.sample("<path class=\"heat\" d=\"M4 11v-11h26v11z\"/>", "all differ"),
            ], caption: caption
        ).html(frame + labels + cells.joined() + ticks(step, bottom))
    }

    private func ticks(_ width: Double, _ bottom: Double) -> String {
        let places = StepBuckets.spread(columns.count, most: 8)
        return places.map { place in
            let x = Self.label + (Double(place) + 0.5) * width
            return "<path class=\"axis\" d=\"M\(Coordinate.text(x)) \(Coordinate.text(bottom))v5\"/>"
                + "<text x=\"\(Coordinate.text(x))\" y=\"\(Coordinate.text(bottom + 18))\" text-anchor=\"middle\">\(map.steps[columns[place].lowerBound])</text>"
        }.joined()
            + "<text x=\"\(Coordinate.text(Self.width - Self.right))\" y=\"\(Coordinate.text(bottom + 34))\" text-anchor=\"end\">step</text>"
    }

    private static func short(_ name: String) -> String {
        name.count <= 34 ? name : "…" + name.suffix(33)
    }
}
