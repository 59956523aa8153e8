import Core

/// How often which values occur: bars, with an axis below.
package struct Histogram: Sendable, Equatable {
    /// What the values are, a word for programs, and what a value means.
    package let title: String, key: String, meaning: String
    /// The least and the greatest value, the mean, and how many there are.
    package let range: ClosedRange<Double>, mean: Double, total: Int
    /// How many values fall into each of equal parts of the range.
    package let counts: [Int]

    /// The histogram of finite `values` in `parts` parts; nil where there are none.
    package init?(_ title: String, key: String, meaning: String, _ values: [Double], parts: Int = 32) {
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return nil }
        var counts = [Int](repeating: 0, count: high > low ? parts : 1)
        for value in finite {
            let place = high > low ? Int((value - low) / (high - low) * Double(parts)) : 0
            counts[min(counts.count - 1, max(0, place))] += 1
        }
        (self.title, self.key, self.meaning, self.counts) = (title, key, meaning, counts)
        (range, mean, total) = (low...high, finite.reduce(0, +) / Double(finite.count), finite.count)
    }

    /// What it says.
    package var sentence: String {
        "\(title) of \(Figures.grouped(total)) pairs: \(Figures.short(range.lowerBound)) to "
            + "\(Figures.short(range.upperBound)), mean \(Figures.short(mean)). \(meaning)"
    }

    private static let width = 300.0, left = 40.0, right = 12.0, top = 12.0, height = 110.0

    /// The figure. - Parameter id: of the drawing, one in the page.
    func html(_ id: String) -> String {
        let most = Double(max(1, counts.max() ?? 1))
        let room = Self.width - Self.left - Self.right
        let step = room / Double(max(1, counts.count))
        let bars = counts.enumerated().map { place, count -> String in
            let size = count == 0 ? 0 : max(1.5, Double(count) / most * Self.height)
            guard size > 0 else { return "" }
            return
                "M\(Coordinate.text(Self.left + Double(place) * step + 0.5)) \(Coordinate.text(Self.top + Self.height))"
                + "v\(Coordinate.text(-size))h\(Coordinate.text(step - 1))v\(Coordinate.text(size))z"
        }
        let rows = Axis(0, most, about: 3, whole: true)
        let grid = rows.ticks.map { tick in
            let y = Self.top + (1 - rows.share(tick)) * Self.height
            return
                "<path class=\"grid\" d=\"M\(Coordinate.text(Self.left)) \(Coordinate.text(y))H\(Coordinate.text(Self.width - Self.right))\"/>"
                + "<text x=\"\(Coordinate.text(Self.left - 6))\" y=\"\(Coordinate.text(y + 4))\" text-anchor=\"end\">\(Figures.grouped(Int(tick)))</text>"
        }
        let columns = Axis(range.lowerBound, range.upperBound, about: 5)
        let ticks = columns.ticks.map { tick in
            let x = Self.left + columns.share(tick) * room
            return "<path class=\"axis\" d=\"M\(Coordinate.text(x)) \(Coordinate.text(Self.top + Self.height))v4\"/>"
                + "<text x=\"\(Coordinate.text(x))\" y=\"\(Coordinate.text(Self.top + Self.height + 17))\" text-anchor=\"middle\">\(columns.text(tick))</text>"
        }
        let axis =
            "<path class=\"axis\" d=\"M\(Coordinate.text(Self.left)) \(Coordinate.text(Self.top + Self.height))H\(Coordinate.text(Self.width - Self.right))\"/>"
            + "<text x=\"\(Coordinate.text(Self.width - Self.right))\" y=\"\(Coordinate.text(Self.top + Self.height + 33))\" text-anchor=\"end\">\(VisibleText.html(title))</text>"
        return DrawingFrame(
            id: id, title: title, description: sentence, width: Self.width, height: Self.top + Self.height + 38
        ).html("\(grid.joined())<path class=\"fill\" d=\"\(bars.joined())\"/>\(axis)\(ticks.joined())")
    }

    /// All its numbers.
    package var json: JSONValue {
        [
            "key": .string(key), "title": .string(title), "meaning": .string(meaning), "pairs": .integer(total),
            "low": .decimal(range.lowerBound), "high": .decimal(range.upperBound), "mean": .decimal(mean),
            "counts": .array(counts.map { .integer($0) }),
        ]
    }

    init(json cursor: JSONCursor) throws {
        (title, key) = (try cursor["title"].string(), try cursor["key"].string())
        (meaning, mean) = (try cursor["meaning"].string(), try cursor["mean"].double())
        let (low, high) = (try cursor["low"].double(), try cursor["high"].double())
        guard low <= high else { throw cursor.error(expected: "low and high", found: "\(low) and \(high)") }
        (range, total) = (low...high, try cursor["pairs"].count())
        counts = try cursor["counts"].elements().map { try $0.count() }
    }
}
