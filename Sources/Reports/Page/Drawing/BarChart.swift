import Core

/// A histogram as bars, with an axis below.
struct BarChart {
    let id: String, title: String, description: String
    /// The ends of the axis, and how many values fall into each of its equal parts.
    let range: ClosedRange<Double>, counts: [Int]
    /// What the axis counts.
    let unit: String

    private static let width = 300.0, left = 40.0, right = 12.0, top = 12.0, height = 110.0

    var html: String {
        let most = Double(max(1, counts.max() ?? 1))
        let room = Self.width - Self.left - Self.right
        let step = room / Double(max(1, counts.count))
        let bars = counts.enumerated().map { place, count -> String in
            let size = count == 0 ? 0 : max(1.5, Double(count) / most * Self.height)
            guard size > 0 else { return "" }
            return "M\(Place.text(Self.left + Double(place) * step + 0.5)) \(Place.text(Self.top + Self.height))"
                + "v\(Place.text(-size))h\(Place.text(step - 1))v\(Place.text(size))z"
        }
        let rows = Axis(0, most, about: 3, whole: true)
        let grid = rows.ticks.map { tick in
            let y = Self.top + (1 - rows.share(tick)) * Self.height
            return
                "<path class=\"grid\" d=\"M\(Place.text(Self.left)) \(Place.text(y))H\(Place.text(Self.width - Self.right))\"/>"
                + "<text x=\"\(Place.text(Self.left - 6))\" y=\"\(Place.text(y + 4))\" text-anchor=\"end\">\(Figures.grouped(Int(tick)))</text>"
        }
        let columns = Axis(range.lowerBound, range.upperBound, about: 5)
        let ticks = columns.ticks.map { tick in
            let x = Self.left + columns.share(tick) * room
            return "<path class=\"axis\" d=\"M\(Place.text(x)) \(Place.text(Self.top + Self.height))v4\"/>"
                + "<text x=\"\(Place.text(x))\" y=\"\(Place.text(Self.top + Self.height + 17))\" text-anchor=\"middle\">\(columns.text(tick))</text>"
        }
        let axis =
            "<path class=\"axis\" d=\"M\(Place.text(Self.left)) \(Place.text(Self.top + Self.height))H\(Place.text(Self.width - Self.right))\"/>"
            + "<text x=\"\(Place.text(Self.width - Self.right))\" y=\"\(Place.text(Self.top + Self.height + 33))\" text-anchor=\"end\">\(VisibleText.html(unit))</text>"
        return DrawingFrame(
            id: id, title: title, description: description, width: Self.width, height: Self.top + Self.height + 38
        ).html("\(grid.joined())<path class=\"fill\" d=\"\(bars.joined())\"/>\(axis)\(ticks.joined())")
    }
}
