import Comparison
import Core
import Ledger
import Pages

/// The loss of every step: as recorded, and as it came out again.
package struct LossCurve: Sendable {
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
    package let names: ComparedSides
    /// The first step that differs.
    package let firstDifference: Int?

    /// A curve over steps.
    package init(_ points: [Point], names: ComparedSides = .replay, firstDifference: Int? = nil) {
        (self.points, self.names, self.firstDifference) = (points, names, firstDifference)
    }

    /// The losses of a comparison. A step with a record on one side only is not in it.
    package init(_ drift: [StepDrift], names: ComparedSides = .replay, firstDifference: Int? = nil) {
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

    private static func value(_ bits: UInt32?) -> Double? {
        guard let bits else { return nil }
        let value = Double(Float(bitPattern: bits))
        return value.isFinite ? value : nil
    }

    /// Whether both sides are known anywhere.
    private var isCompared: Bool { points.contains { $0.recorded != nil && $0.found != nil } }

    private var says: [String] {
        let recorded = points.compactMap { Self.value($0.recorded) }
        guard let first = recorded.first, let last = recorded.last else { return ["No step has a finite loss."] }
        var lines = [
            "Over \(Figures.grouped(points.count)) step\(points.count == 1 ? "" : "s") \(names.loss(names.recorded)) "
                + "goes from \(Figures.short(first)) to \(Figures.short(last))."
        ]
        let strange = points.count { $0.recorded != nil && Self.value($0.recorded) == nil }
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

    /// The curves, and the losses step by step; that there is none, for the reason `why`.
    package func finding(orMissing why: String) -> Finding {
        points.isEmpty ? .missing("loss", "Loss", why) : finding
    }

    private var finding: Finding {
        var chart = StepChart("Loss", steps: points.map(\.step))
        chart.series = [
            .init(names.recorded, label: "loss, \(names.recorded)", points.map { Self.value($0.recorded) })
        ]
        chart.marker = firstDifference
        if isCompared {
            let found = points.map { Self.value($0.found) }
            chart.series.append(.init(names.found, label: "loss, \(names.found)", found, style: .dashed))
            let strip = "\(names.found) − \(names.recorded)"
            chart.strip = .init(strip, label: strip, points.map(\.residual))
        }
        let rows = points.map { point in
            [
                "\(point.step)", point.recorded.map { "\(Float(bitPattern: $0))" } ?? "–",
                point.recorded.map { HexFloat.string(bits: $0) } ?? "–",
                point.found.map { "\(Float(bitPattern: $0))" } ?? "–", point.residual.map(Figures.short) ?? "–",
            ]
        }
        var finding = Finding("loss", "Loss", says: says, data: data)
        finding.contents = [
            .chart(chart),
            .table(
                Table(
                    ["step", names.recorded, "bits", names.found, "difference"], rows, numbers: [0, 1, 2, 3, 4],
                    room: .spread)),
        ]
        return finding
    }

    /// Bits.
    private var data: JSONValue {
        func bits(_ value: UInt32?) -> JSONValue { value.map { .string(HexFloat.string(bits: $0)) } ?? .null }
        return [
            "sides": names.json, "columns": ["step", "recorded", "found"],
            "rows": .array(points.map { [.integer($0.step), bits($0.recorded), bits($0.found)] }),
        ]
    }
}
