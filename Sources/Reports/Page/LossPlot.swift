import Audit
import Comparison
import Core
import Ledger

/// The loss of every step: as recorded, and as it came out again.
package struct LossPlot: PageSection {
    /// One step's loss as bits of a Float32.
    package struct Point: Sendable, Equatable {
        /// The step, from 1.
        package let step: Int
        /// The recorded loss, and the other one; nil for what is not known.
        package let recorded: UInt32?, found: UInt32?

        /// A step's loss.
        package init(step: Int, recorded: UInt32?, found: UInt32?) {
            (self.step, self.recorded, self.found) = (step, recorded, found)
        }

        /// How far the two are apart; nil where one is missing or no finite number.
        var residual: Double? {
            guard let recorded, let found else { return nil }
            let gap = Double(Float(bitPattern: found)) - Double(Float(bitPattern: recorded))
            return gap.isFinite ? gap : nil
        }
    }

    /// The steps in order.
    package let points: [Point]
    /// What the two sides are called.
    package let names: PageSides
    /// The first step that differs.
    package let firstDifference: Int?

    /// The anchor.
    package let key = "loss"
    /// The heading.
    package var title: String { "Loss" }

    /// A plot of steps.
    package init(_ points: [Point], names: PageSides = .replay, firstDifference: Int? = nil) {
        (self.points, self.names, self.firstDifference) = (points, names, firstDifference)
    }

    /// The losses of a comparison. A step with a record on one side only is not in it.
    package init(_ drift: [StepDrift], names: PageSides = .replay, firstDifference: Int? = nil) {
        self.init(
            drift.compactMap { step in
                step.loss.map { Point(step: step.step, recorded: $0.recorded, found: $0.found) }
            }, names: names, firstDifference: firstDifference)
    }

    /// The recorded losses alone.
    package init(recorded: [StepRecord], firstDifference: Int? = nil) {
        self.init(
            recorded.compactMap { record in
                StepFigures(record).loss.map { Point(step: record.step, recorded: $0.bitPattern, found: nil) }
            }, firstDifference: firstDifference)
    }

    static func value(_ bits: UInt32?) -> Double? {
        guard let bits else { return nil }
        let value = Double(Float(bitPattern: bits))
        return value.isFinite ? value : nil
    }

    /// Whether both sides are known anywhere.
    var isCompared: Bool { points.contains { $0.recorded != nil && $0.found != nil } }

    /// What it says.
    package var sentences: [String] {
        let recorded = points.compactMap { LossPlot.value($0.recorded) }
        guard let first = recorded.first, let last = recorded.last else { return ["No step has a finite loss."] }
        var lines = [
            "Over \(Figures.grouped(points.count)) step\(points.count == 1 ? "" : "s") \(names.loss(names.recorded)) "
                + "goes from \(Figures.short(first)) to \(Figures.short(last))."
        ]
        let strange = points.count { $0.recorded != nil && LossPlot.value($0.recorded) == nil }
        if strange > 0 { lines.append("At \(strange) of them it is no finite number and not drawn.") }
        guard isCompared else { return lines + ["Nothing was replayed: there is nothing to hold it against."] }
        let compared = points.filter { $0.recorded != nil && $0.found != nil }
        let equal = compared.count { $0.recorded == $0.found }
        lines.append(
            "At \(Figures.grouped(equal)) of \(Figures.grouped(compared.count)) steps \(names.loss(names.found)) is equal "
                + "to it, bit for bit.")
        if let worst = compared.max(by: { abs($0.residual ?? 0) < abs($1.residual ?? 0) }), let gap = worst.residual,
            gap != 0, let left = worst.recorded, let right = worst.found
        {
            lines.append(
                "It is furthest away at step \(worst.step): by \(Figures.short(gap)), or "
                    + "\(Figures.ulp(UnitsInLastPlace.distance(left, right))) ULP.")
        }
        return lines
    }

    /// The curves.
    package var curves: [PageCurve] {
        let recorded = PageCurve("loss, \(names.recorded)", points.map { LossPlot.value($0.recorded) })
        return isCompared
            ? [recorded, PageCurve("loss, \(names.found)", points.map { LossPlot.value($0.found) })] : [recorded]
    }

    /// The losses step by step.
    package func table(_ detail: PageDetail) -> PageTable? {
        let rows = points.map { point in
            [
                "\(point.step)", point.recorded.map { "\(Float(bitPattern: $0))" } ?? "–",
                point.recorded.map { HexFloat.string(bits: $0) } ?? "–",
                point.found.map { "\(Float(bitPattern: $0))" } ?? "–", point.residual.map(Figures.short) ?? "–",
            ]
        }
        return PageTable(
            ["step", names.recorded, "bits", names.found, "difference"], thinning: rows, numbers: [0, 1, 2, 3, 4],
            most: detail.tableRows)
    }

    /// The drawing.
    package func drawing(_ detail: PageDetail) -> String {
        let known = points.filter { LossPlot.value($0.recorded) != nil }
        func series(_ value: (Point) -> Double?) -> [StepChart.Point] {
            let finite = points.compactMap { point in value(point).map { StepChart.Point(step: point.step, value: $0) }
            }
            return StepBuckets.extremes(finite.map(\.value), most: detail.points).map { finite[$0] }
        }
        var chart = StepChart(
            id: key, title: title, description: sentences.joined(separator: " "),
            steps: (points.first?.step ?? 1, points.last?.step ?? 1))
        chart.series = [.init(name: names.recorded, style: .solid, points: series { LossPlot.value($0.recorded) })]
        chart.marker = firstDifference
        chart.isThinned = known.count > detail.points
        if isCompared {
            chart.series.append(
                .init(name: names.found, style: .dashed, points: series { LossPlot.value($0.found) }))
            chart.strip = .init(name: "\(names.found) − \(names.recorded)", points: series(\.residual))
        }
        return chart.html
    }

    /// For programs: bits.
    package var json: JSONValue {
        func bits(_ value: UInt32?) -> JSONValue { value.map { .string(HexFloat.string(bits: $0)) } ?? .null }
        return [
            "sides": names.json, "columns": ["step", "recorded", "found"],
            "rows": .array(points.map { [.integer($0.step), bits($0.recorded), bits($0.found)] }),
        ]
    }
}
