import Comparison
import Core
import Foundation
import Pages

/// What a comparison of steps shows: how far the numbers lie apart, and which layers and phases differ.
package struct DriftFindings {
    private let drift: [StepDrift], names: ComparedSides

    /// The findings of compared steps.
    package init(_ drift: [StepDrift], names: ComparedSides = .replay) { (self.drift, self.names) = (drift, names) }

    private static let titles = [
        ("drift", "Drift in units of the last place"), ("layers", "Layers that differ"),
        ("phases", "Phases that differ"),
    ]

    /// All of them, or in their places why they are not there.
    package static func all(_ drift: [StepDrift]?, names: ComparedSides = .replay, why: String) -> [Finding] {
        guard let drift, !drift.isEmpty else { return titles.map { .missing($0, $1, why) } }
        let all = DriftFindings(drift, names: names)
        let unkept = "the digests of single tensors were not kept (--record steps), only the root over all weights"
        return [all.distances, all.layers ?? .missing("layers", "Layers that differ", unkept), all.phases]
            .compactMap(\.self)
    }

    // MARK: Distances

    /// log₂(1 + ULP): 0 where the numbers are equal, 1 where they are neighbours.
    private static func height(_ ulp: UInt64) -> Double { ulp == .max ? 64 : log2(1 + Double(ulp)) }

    private var distanceSays: [String] {
        let differing = drift.filter { !$0.isEqual }
        guard !differing.isEmpty else {
            return ["All \(Figures.grouped(drift.count)) compared steps are equal in every bit that was compared."]
        }
        var lines = ["\(Figures.grouped(differing.count)) of \(Figures.grouped(drift.count)) compared steps differ."]
        let worst = drift.compactMap { step in step.furthest.map { (step.step, $0) } }.max { $0.1.ulp < $1.1.ulp }
        if let (step, number) = worst, number.ulp > 0 {
            lines.append(
                "The furthest number is \(number.name) of step \(step): "
                    + (number.ulp == .max
                        ? "a list of another length, or NaN on one side." : "\(Figures.ulp(number.ulp)) ULP."))
        }
        if !silent.isEmpty {
            lines.append("At \(Figures.grouped(silent.count)) only digests of tensors differ: no number says how far.")
        }
        if let kind = DriftKind(drift) { lines.append("Kind of change: \(kind.word) – \(kind.meaning).") }
        return lines
    }

    /// Steps that differ, though no number does.
    private var silent: [Int] { drift.filter { !$0.isEqual && $0.furthest?.ulp ?? 0 == 0 }.map(\.step) }

    /// How far the numbers of every step lie apart, in units of the last place.
    package var distances: Finding {
        var data: JSONObject = [
            "sides": names.json, "columns": ["step", "differs", "ulp", "furthest"],
            "rows": .array(
                drift.map {
                    [
                        .integer($0.step), .bool(!$0.isEqual), .integer($0.furthest?.ulp ?? 0),
                        $0.furthest.map { .string($0.name) } ?? .null,
                    ]
                }),
        ]
        data["kind"] = DriftKind(drift)?.json
        var finding = Finding(Self.titles[0].0, Self.titles[0].1, says: distanceSays, data: .object(data))
        guard drift.contains(where: { !$0.isEqual }) else { return finding }
        var chart = StepChart(finding.title, steps: drift.map(\.step))
        chart.bars = .init(
            "furthest number, log₂(1 + ULP)", label: "drift, log₂(1 + ULP)",
            drift.map { Self.height($0.furthest?.ulp ?? 0) })
        chart.silent = silent
        chart.marker = drift.first { !$0.isEqual }?.step
        let rows = drift.filter { !$0.isEqual }.map {
            ["\($0.step)", $0.furthest?.name ?? "digests only", $0.furthest.map { Figures.ulp($0.ulp) } ?? "–"]
        }
        finding.contents = [
            .chart(chart), .table(Table(["step", "furthest number", "ULP"], rows, numbers: [0, 2], room: .spread)),
        ]
        return finding
    }

    // MARK: Parts

    /// Layers of the trained network, by the digests of their weights; nil where no step has any.
    package var layers: Finding? {
        parts("layer", Self.titles[1], "weights after the step, by their digests", "layers, largest share", \.layers)
    }

    /// Phases of the step, by their entries and tensors.
    package var phases: Finding? { parts("phase", Self.titles[2], "entries and tensors", "", \.phases) }

    private func parts(
        _ word: String, _ title: (key: String, text: String), _ what: String, _ label: String,
        _ parts: KeyPath<StepDrift, [StepDrift.Part]>
    ) -> Finding? {
        let rows = Self.rows(drift, parts)
        guard !rows.isEmpty else { return nil }
        let map = HeatMap(title.text, label: label, steps: drift.map(\.step), rows: rows)
        let moved = rows.filter(\.differs)
        let noun = rows.count == 1 ? word : word + "s"
        var finding = Finding(title.key, title.text, data: map.stretches)
        guard !moved.isEmpty else {
            finding.says = [
                "None of \(rows.count) \(noun) differs at any of \(Figures.grouped(drift.count)) steps (\(what))."
            ]
            return finding
        }
        let firsts = moved.map { row in (row.name, map.steps[row.differing.firstIndex { $0 > 0 } ?? 0]) }
        let first = firsts.map(\.1).min() ?? 1
        let names = firsts.filter { $0.1 == first }.map(\.0)
        let listed = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
        finding.says = [
            "\(moved.count) of \(rows.count) \(noun) differ somewhere (\(what)).",
            "The first are at step \(first): \(listed).",
        ]
        let table = zip(moved, firsts).map { row, first in
            let worst = row.differing.indices.max { row.share($0) < row.share($1) } ?? 0
            return [
                row.name, "\(first.1)", Figures.grouped(row.differing.count { $0 > 0 }),
                "\(row.differing[worst])/\(row.total[worst])",
                Figures.percent(row.differing[worst], of: row.total[worst]),
            ]
        }
        finding.contents = [
            .heat(map),
            .table(Table([word, "first step", "steps", "most at once", "share"], table, numbers: [1, 2, 3, 4])),
        ]
        return finding
    }

    private static func rows(_ drift: [StepDrift], _ parts: KeyPath<StepDrift, [StepDrift.Part]>) -> [HeatMap.Row] {
        var (places, names): ([String: Int], [String]) = ([:], [])
        for part in drift.lazy.flatMap({ $0[keyPath: parts] }) where places[part.name] == nil {
            places[part.name] = names.count
            names.append(part.name)
        }
        var totals = names.map { _ in [Int](repeating: 0, count: drift.count) }
        var differing = totals
        for (place, step) in drift.enumerated() {
            for part in step[keyPath: parts] {
                guard let row = places[part.name] else { continue }
                (totals[row][place], differing[row][place]) = (part.total, part.differing)
            }
        }
        return names.indices.map { HeatMap.Row(name: names[$0], total: totals[$0], differing: differing[$0]) }
    }
}
