import Core

/// A chart over the steps as SVG, thinned to what can be seen.
struct StepChartDrawing {
    private struct Point {
        let step: Int, value: Double
    }

    private let chart: StepChart
    private let steps: (first: Int, last: Int)
    private let curves: [(name: String, style: StepChart.Style, points: [Point])]
    private let bars: [Point], silent: [Int]
    private let strip: (name: String, points: [Point])?
    private let isThinned: Bool

    private static let width = 760.0, left = 70.0, right = 16.0, top = 22.0, height = 210.0
    private static let stripTop = top + height + 22, stripHeight = 54.0
    private var bottom: Double { strip == nil ? Self.top + Self.height : Self.stripTop + Self.stripHeight }

    init(_ chart: StepChart, _ detail: Detail) {
        self.chart = chart
        steps = (chart.steps.first ?? 1, chart.steps.last ?? 1)
        func points(_ series: StepChart.Series) -> [Point] {
            zip(chart.steps, series.values).compactMap { step, value in value.map { Point(step: step, value: $0) } }
        }
        func thinned(_ all: [Point]) -> [Point] {
            StepBuckets.extremes(all.map(\.value), most: detail.points).map { all[$0] }
        }
        let (curves, heights) = (chart.series.map(points), chart.bars.map(points) ?? [])
        self.curves = zip(chart.series, curves).map { ($0.name, $0.style, thinned($1)) }
        bars = StepBuckets.ranges(heights.count, most: min(detail.points, 360)).compactMap { range in
            range.max { heights[$0].value < heights[$1].value }.map { heights[$0] }
        }
        silent = StepBuckets.spread(chart.silent.count, most: 360).map { chart.silent[$0] }
        strip = chart.strip.map { ($0.name, thinned(points($0))) }
        isThinned = curves.contains { $0.count > detail.points } || bars.count < heights.count
    }

    private func x(_ step: Int) -> Double {
        let room = Self.width - Self.left - Self.right
        // Bars need half of their width on both sides.
        let inset = bars.isEmpty ? 0 : room / Double(max(2, steps.last - steps.first + 1)) / 2
        guard steps.last > steps.first else { return Self.left + room / 2 }
        return Self.left + inset + Double(step - steps.first) / Double(steps.last - steps.first) * (room - 2 * inset)
    }

    func html(_ id: String, _ description: String) -> String {
        let values = curves.flatMap(\.points).map(\.value) + bars.map(\.value)
        let low = min(values.min() ?? 0, chart.range?.lowerBound ?? .infinity, bars.isEmpty ? .infinity : 0)
        let axis = Axis(low, max(values.max() ?? 1, chart.range?.upperBound ?? -.infinity))
        func y(_ value: Double) -> Double { Self.top + (1 - axis.share(value)) * Self.height }
        var parts = [grid(axis, y)]
        if let base = chart.base {
            parts.append(
                "<path class=\"base\" d=\"M\(Coordinate.text(Self.left)) \(Coordinate.text(y(base.value)))H\(Coordinate.text(Self.width - Self.right))\"/>"
            )
        }
        if !bars.isEmpty {
            let pitch = (Self.width - Self.left - Self.right) / Double(bars.count)
            // Narrow bars with gaps between them would flicker.
            let thick = max(1, min(14, pitch < 6 ? pitch : pitch * 0.7))
            let path = bars.filter { $0.value > 0 }.map {
                "M\(Coordinate.text(x($0.step))) \(Coordinate.text(y(0)))V\(Coordinate.text(y($0.value)))"
            }
            parts.append(
                "<path class=\"bars\" stroke-width=\"\(Coordinate.text(thick))\" d=\"\(path.joined())\"/>")
            let marks = silent.map { "M\(Coordinate.text(x($0) - 4)) \(Coordinate.text(y(0)))l4 -7l4 7z" }
            if !marks.isEmpty { parts.append("<path class=\"silent\" d=\"\(marks.joined())\"/>") }
        }
        for curve in curves where !curve.points.isEmpty {
            let path = curve.points.map { "\(Coordinate.text(x($0.step))) \(Coordinate.text(y($0.value)))" }
            parts.append(
                path.count == 1
                    ? "<circle class=\"dot \(curve.style.rawValue)\" cx=\"\(Coordinate.text(x(curve.points[0].step)))\" cy=\"\(Coordinate.text(y(curve.points[0].value)))\" r=\"4\"/>"
                    : "<path class=\"curve \(curve.style.rawValue)\" d=\"M\(path.joined(separator: "L"))\"/>")
        }
        if let strip { parts.append(drawn(strip)) }
        parts.append(markerLine)
        return DrawingFrame(
            id: id, title: chart.title, description: description, width: Self.width, height: bottom + 40,
            legend: legend,
            caption: isThinned ? "So many steps are thinned out: of each stretch its extremes are drawn." : ""
        ).html(parts.joined(separator: "\n"))
    }

    private func grid(_ axis: Axis, _ y: (Double) -> Double) -> String {
        let (left, right) = (Coordinate.text(Self.left), Coordinate.text(Self.width - Self.right))
        let rows = axis.ticks.map { tick in
            "<path class=\"grid\" d=\"M\(left) \(Coordinate.text(y(tick)))H\(right)\"/>"
                + "<text x=\"\(Coordinate.text(Self.left - 8))\" y=\"\(Coordinate.text(y(tick) + 4))\" text-anchor=\"end\">\(axis.text(tick))</text>"
        }
        let whole = Axis(Double(steps.first), Double(steps.last), about: 8, whole: true)
        let ticks = steps.last > steps.first ? whole.ticks : [Double(steps.first)]
        let columns = ticks.map { tick in
            "<path class=\"axis\" d=\"M\(Coordinate.text(x(Int(tick)))) \(Coordinate.text(bottom))v5\"/>"
                + "<text x=\"\(Coordinate.text(x(Int(tick))))\" y=\"\(Coordinate.text(bottom + 18))\" text-anchor=\"middle\">\(Int(tick))</text>"
        }
        return rows.joined() + columns.joined()
            + "<path class=\"axis\" d=\"M\(left) \(Coordinate.text(bottom))H\(right)\"/>"
            + "<text x=\"\(right)\" y=\"\(Coordinate.text(bottom + 34))\" text-anchor=\"end\">step</text>"
    }

    private func drawn(_ strip: (name: String, points: [Point])) -> String {
        let most = strip.points.map { abs($0.value) }.max() ?? 0
        let middle = Self.stripTop + Self.stripHeight / 2
        let thick = max(1, min(8, (Self.width - Self.left - Self.right) / Double(max(1, strip.points.count)) * 0.7))
        let path = strip.points.filter { $0.value != 0 }.map { point in
            let size = most == 0 ? 0 : max(1.5, abs(point.value) / most * (Self.stripHeight / 2 - 4))
            return
                "M\(Coordinate.text(x(point.step))) \(Coordinate.text(middle))v\(Coordinate.text(point.value > 0 ? -size : size))"
        }
        let note = most == 0 ? "0 at every step" : "±\(Figures.short(most))"
        return
            "<path class=\"base\" d=\"M\(Coordinate.text(Self.left)) \(Coordinate.text(middle))H\(Coordinate.text(Self.width - Self.right))\"/>"
            + (path.isEmpty
                ? "" : "<path class=\"bars\" stroke-width=\"\(Coordinate.text(thick))\" d=\"\(path.joined())\"/>")
            + "<text x=\"\(Coordinate.text(Self.left - 8))\" y=\"\(Coordinate.text(middle + 4))\" text-anchor=\"end\">0</text>"
            + "<text x=\"\(Coordinate.text(Self.left + 4))\" y=\"\(Coordinate.text(Self.stripTop - 5))\">\(VisibleText.html(strip.name)): \(note)</text>"
    }

    private var markerLine: String {
        guard let marker = chart.marker, (steps.first...max(steps.first, steps.last)).contains(marker) else {
            return ""
        }
        let place = x(marker)
        let isLate = place > Self.width * 0.7
        return
            "<path class=\"marker\" d=\"M\(Coordinate.text(place)) \(Coordinate.text(Self.top - 6))V\(Coordinate.text(bottom))\"/>"
            + "<path class=\"cross\" d=\"M\(Coordinate.text(place - 5)) \(Coordinate.text(Self.top - 15))l10 10m0 -10l-10 10\"/>"
            + "<text class=\"strong\" x=\"\(Coordinate.text(place + (isLate ? -10 : 10)))\" y=\"\(Coordinate.text(Self.top - 6))\" "
            + "text-anchor=\"\(isLate ? "end" : "start")\">first difference: step \(marker)</text>"
    }

    private var legend: [String] {
        var marks = chart.series.map {
            DrawingFrame.sample("<path class=\"curve \($0.style.rawValue)\" d=\"M1 6H33\"/>", $0.name)
        }
        if !bars.isEmpty {
            marks.append(
                DrawingFrame.sample(
                    "<path class=\"bars\" stroke-width=\"5\" d=\"M8 12V5M17 12V1M26 12V7\"/>", chart.bars?.name ?? ""))
        }
        if !silent.isEmpty {
            marks.append(
                DrawingFrame.sample("<path class=\"silent\" d=\"M13 11l4 -8l4 8z\"/>", "differs in digests only"))
        }
        if let base = chart.base {
            marks.append(DrawingFrame.sample("<path class=\"base\" d=\"M1 6H33\"/>", base.name))
        }
        if chart.marker != nil {
            marks.append(
                DrawingFrame.sample("<path class=\"cross\" d=\"M12 1l10 10m0 -10l-10 10\"/>", "first difference"))
        }
        return marks
    }
}
