import Core

/// Curves or bars over the steps of a run, with the first difference marked. Every list of values has one for each step.
package struct StepChart: Sendable, Equatable {
    /// How a curve is drawn: told apart without colour too.
    package enum Style: String, Sendable {
        /// One line.
        case solid
        /// Dashes.
        case dashed
    }

    /// A curve.
    package struct Series: Sendable, Equatable {
        /// What it is called in the legend, and where it stands alone, as in a terminal.
        package let name: String, label: String
        /// How it is drawn.
        package let style: Style
        /// Its finite values; nil where there is none.
        package let values: [Double?]

        /// A curve.
        package init(_ name: String, label: String, _ values: [Double?], style: Style = .solid) {
            (self.name, self.label, self.style, self.values) = (name, label, style, values)
        }
    }

    /// A value to which a line is drawn, and its name.
    package struct Base: Sendable, Equatable {
        /// Both.
        package let value: Double, name: String

        /// A line.
        package init(_ value: Double, _ name: String) { (self.value, self.name) = (value, name) }
    }

    /// What is drawn, and a heading above it where there is more than one chart.
    package let title: String, heading: String
    /// What it says, for who does not see it; empty for what the finding says.
    package var description = ""
    /// The steps.
    package let steps: [Int]
    /// Curves.
    package var series: [Series] = []
    /// Bars from 0.
    package var bars: Series?
    /// Steps that differ without a bar.
    package var silent: [Int] = []
    /// Small bars below the curves, up and down.
    package var strip: Series?
    /// The ends that the axis must show at least.
    package var range: ClosedRange<Double>?
    /// A value to which a line is drawn.
    package var base: Base?
    /// The first step that differs.
    package var marker: Int?

    /// An empty chart.
    package init(_ title: String, heading: String = "", steps: [Int]) {
        (self.title, self.heading, self.steps) = (title, heading, steps)
    }

    /// Its curves and bars, each with what it is called by itself.
    var curves: [Series] { series + (bars.map { [$0] } ?? []) }

    /// The figure. - Parameter id: of the drawing, one in the page.
    func html(_ id: String, _ says: String, _ detail: Detail) -> String {
        StepChartDrawing(self, detail).html(id, description.isEmpty ? says : description)
    }

    var json: JSONValue {
        var object: JSONObject = [
            "title": .string(title), "heading": .string(heading), "description": .string(description),
            "steps": .array(steps.map { .integer($0) }), "series": .array(series.map(\.json)),
        ]
        object["bars"] = bars?.json
        object["silent"] = silent.isEmpty ? nil : .array(silent.map { .integer($0) })
        object["strip"] = strip?.json
        object["range"] = range.map { [.decimal($0.lowerBound), .decimal($0.upperBound)] }
        object["base"] = base.map { ["value": .decimal($0.value), "name": .string($0.name)] }
        object["marker"] = marker.map { .integer($0) }
        return .object(object)
    }

    init(json cursor: JSONCursor) throws {
        let steps = try cursor["steps"].elements().map { try $0.count() }
        func series(_ cursor: JSONCursor) throws -> Series { try Series(json: cursor, count: steps.count) }
        self.init(try cursor["title"].string(), heading: try cursor["heading"].string(), steps: steps)
        description = try cursor["description"].string()
        self.series = try cursor["series"].elements().map(series)
        bars = try cursor["bars"].present.map(series)
        silent = try cursor["silent"].present?.elements().map { try $0.int() } ?? []
        strip = try cursor["strip"].present.map(series)
        range = try cursor["range"].present.map { range in
            let (low, high) = (try range[0].double(), try range[1].double())
            guard low <= high else { throw range.error(expected: "two ends", found: "\(low) and \(high)") }
            return low...high
        }
        base = try cursor["base"].present.map { Base(try $0["value"].double(), try $0["name"].string()) }
        marker = try cursor["marker"].present?.int()
    }
}

extension StepChart.Series {
    var json: JSONValue {
        [
            "name": .string(name), "label": .string(label), "style": .string(style.rawValue),
            "values": .array(values.map { $0.map { .decimal($0) } ?? .null }),
        ]
    }

    init(json cursor: JSONCursor, count: Int) throws {
        let word = try cursor["style"].string()
        guard let style = StepChart.Style(rawValue: word) else {
            throw try cursor["style"].error(expected: "solid or dashed", found: "\"\(word)\"")
        }
        let values = try cursor["values"].elements().map { try $0.present?.double() }
        guard values.count == count else {
            throw try cursor["values"].error(expected: "\(count) values", found: "\(values.count)")
        }
        self.init(try cursor["name"].string(), label: try cursor["label"].string(), values, style: style)
    }
}
