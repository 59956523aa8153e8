import Audit
import Core
import Foundation

/// How far the numbers of every step lie apart, in units of the last place.
package struct DriftPlot: PageSection {
    /// One step.
    package struct Bar: Sendable, Equatable {
        /// The step, from 1.
        package let step: Int
        /// Which number lies furthest; nil where all numbers of loss and gradient are equal.
        package let name: String?
        /// Its distance.
        package let ulp: UInt64
        /// Whether anything of the step differs, tensors too.
        package let differs: Bool

        /// A step.
        package init(step: Int, name: String?, ulp: UInt64, differs: Bool) {
            (self.step, self.name, self.ulp, self.differs) = (step, name, ulp, differs)
        }

        /// log₂(1 + ULP): 0 where the numbers are equal, 1 where they are neighbours.
        var height: Double { ulp == .max ? 64 : log2(1 + Double(ulp)) }
    }

    /// The steps in order.
    package let bars: [Bar]
    /// What the two sides are called.
    package let names: PageSides
    /// The first step that differs.
    package let firstDifference: Int?
    /// What kind of change it speaks of: a word and its meaning.
    package let kind: DriftKind?

    /// The anchor.
    package let key = "drift"
    /// The heading.
    package let title = "Drift in units of the last place"

    /// The drift of compared steps.
    package init(_ drift: [StepDrift], names: PageSides = .replay) {
        bars = drift.map {
            Bar(step: $0.step, name: $0.furthest?.name, ulp: $0.furthest?.ulp ?? 0, differs: !$0.isEqual)
        }
        self.names = names
        firstDifference = drift.first { !$0.isEqual }?.step
        kind = DriftKind(drift)
    }

    /// What it says.
    package var sentences: [String] {
        let differing = bars.count(where: \.differs)
        guard differing > 0 else {
            return ["All \(Figures.grouped(bars.count)) compared steps are equal in every bit that was compared."]
        }
        var lines = ["\(Figures.grouped(differing)) of \(Figures.grouped(bars.count)) compared steps differ."]
        if let worst = bars.max(by: { $0.ulp < $1.ulp }), worst.ulp > 0, let name = worst.name {
            lines.append(
                worst.ulp == .max
                    ? "The furthest number is \(name) of step \(worst.step): a list of another length, or NaN on one side."
                    : "The furthest number is \(name) of step \(worst.step): \(Figures.ulp(worst.ulp)) ULP.")
        }
        let silent = bars.count { $0.differs && $0.ulp == 0 }
        if silent > 0 {
            lines.append("At \(Figures.grouped(silent)) only digests of tensors differ: no number says how far.")
        }
        if let kind { lines.append("Kind of change: \(kind.word) – \(kind.meaning).") }
        return lines
    }

    /// The curve.
    package var curves: [PageCurve] { [PageCurve("drift, log₂(1 + ULP)", bars.map(\.height))] }

    /// The steps that differ.
    package func table(_ detail: PageDetail) -> PageTable? {
        let rows = bars.filter(\.differs).map {
            ["\($0.step)", $0.name ?? "digests only", $0.name == nil ? "–" : Figures.ulp($0.ulp)]
        }
        return rows.isEmpty
            ? nil
            : PageTable(["step", "furthest number", "ULP"], thinning: rows, numbers: [0, 2], most: detail.tableRows)
    }

    /// The drawing.
    package func drawing(_ detail: PageDetail) -> String {
        guard bars.contains(where: \.differs) else { return "" }
        let shown = StepBuckets.ranges(bars.count, most: min(detail.points, 360)).compactMap { range in
            range.max { bars[$0].height < bars[$1].height }.map { bars[$0] }
        }
        var chart = StepChart(
            id: key, title: title, description: sentences.joined(separator: " "),
            steps: (bars.first?.step ?? 1, bars.last?.step ?? 1))
        chart.bars = shown.map { StepChart.Point(step: $0.step, value: $0.height) }
        chart.silent = bars.filter { $0.differs && $0.ulp == 0 }.map(\.step)
        if chart.silent.count > 360 {
            chart.silent = StepBuckets.spread(chart.silent.count, most: 360).map { chart.silent[$0] }
        }
        chart.barName = "furthest number, log₂(1 + ULP)"
        chart.marker = firstDifference
        chart.isThinned = bars.count > shown.count
        return chart.html
    }

    /// For programs.
    package var json: JSONValue {
        var object: JSONObject = [
            "sides": names.json, "columns": ["step", "differs", "ulp", "furthest"],
            "rows": .array(
                bars.map {
                    [.integer($0.step), .bool($0.differs), .integer($0.ulp), $0.name.map(JSONValue.string) ?? .null]
                }),
        ]
        if let kind { object["kind"] = ["word": .string(kind.word), "meaning": .string(kind.meaning)] }
        return .object(object)
    }
}
