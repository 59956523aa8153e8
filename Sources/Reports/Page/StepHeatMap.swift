import Audit
import Core

/// Which share of every part of a step differs: layers of the network, or phases of the step, over the steps.
package struct StepHeatMap: PageSection {
    /// What the rows are.
    package enum Kind: String, Sendable {
        /// Layers of the trained network, by the digests of their weights.
        case layers
        /// Phases of the step, by their entries and tensors.
        case phases
    }

    /// A layer or a phase.
    package struct Row: Sendable, Equatable {
        /// Its name.
        package let name: String
        /// What was compared of it at every step.
        package let total: [Int]
        /// What of that differs.
        package let differing: [Int]

        /// The share that differs at a place, in 0...1.
        func share(_ place: Int) -> Double {
            total[place] == 0 ? 0 : Double(differing[place]) / Double(total[place])
        }

        var differs: Bool { differing.contains { $0 > 0 } }
    }

    /// What the rows are.
    package let kind: Kind
    /// The steps in order.
    package let steps: [Int]
    /// The rows.
    package let rows: [Row]

    /// The anchor.
    package var key: String { kind.rawValue }
    /// The heading.
    package var title: String { kind == .layers ? "Layers that differ" : "Phases that differ" }

    /// The map of compared steps; nil where no step has such parts.
    package init?(_ kind: Kind, of drift: [StepDrift]) {
        let parts = { (step: StepDrift) in kind == .layers ? step.layers : step.phases }
        var (places, names): ([String: Int], [String]) = ([:], [])
        for step in drift {
            for part in parts(step) where places[part.name] == nil {
                places[part.name] = names.count
                names.append(part.name)
            }
        }
        guard !names.isEmpty else { return nil }
        var totals = names.map { _ in [Int](repeating: 0, count: drift.count) }
        var differing = totals
        for (place, step) in drift.enumerated() {
            for part in parts(step) {
                guard let row = places[part.name] else { continue }
                (totals[row][place], differing[row][place]) = (part.total, part.differing)
            }
        }
        self.kind = kind
        steps = drift.map(\.step)
        rows = names.indices.map { Row(name: names[$0], total: totals[$0], differing: differing[$0]) }
    }

    private var word: String { kind == .layers ? "layer" : "phase" }
    private func noun(_ count: Int) -> String { count == 1 ? word : word + "s" }

    /// What it says.
    package var sentences: [String] {
        let moved = rows.filter(\.differs)
        let what = kind == .layers ? "weights after the step, by their digests" : "entries and tensors"
        guard !moved.isEmpty else {
            return [
                "None of \(rows.count) \(noun(rows.count)) differs at any of \(Figures.grouped(steps.count)) steps (\(what))."
            ]
        }
        let firsts = moved.map { row in (row.name, steps[row.differing.firstIndex { $0 > 0 } ?? 0]) }
        let first = firsts.map(\.1).min() ?? 1
        let names = firsts.filter { $0.1 == first }.map(\.0)
        let listed = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
        return [
            "\(moved.count) of \(rows.count) \(noun(rows.count)) differ somewhere (\(what)).",
            "The first are at step \(first): \(listed).",
        ]
    }

    /// The largest share of every step.
    package var curves: [PageCurve] {
        guard kind == .layers else { return [] }
        return [PageCurve("layers, largest share", steps.indices.map { place in rows.map { $0.share(place) }.max() })]
    }

    /// A row for every layer or phase that differs.
    package func table(_ detail: PageDetail) -> PageTable? {
        let moved = rows.filter(\.differs).map { row -> [String] in
            let first = row.differing.firstIndex { $0 > 0 } ?? 0
            let worst = row.differing.indices.max { row.share($0) < row.share($1) } ?? 0
            return [
                row.name, "\(steps[first])", Figures.grouped(row.differing.count { $0 > 0 }),
                "\(row.differing[worst])/\(row.total[worst])",
                Figures.percent(row.differing[worst], of: row.total[worst]),
            ]
        }
        return moved.isEmpty
            ? nil
            : PageTable(
                [word, "first step", "steps", "most at once", "share"], moved, numbers: [1, 2, 3, 4],
                most: detail.tableRows)
    }

    /// The drawing.
    package func drawing(_ detail: PageDetail) -> String {
        guard rows.contains(where: \.differs) else { return "" }
        return HeatMapDrawing(self, detail).html
    }

    /// For programs: of each row stretches of equal numbers, `[first step, last step, differing, total]`.
    package var json: JSONValue {
        [
            "columns": ["first_step", "last_step", "differing", "total"],
            "rows": .array(
                rows.map { row in ["name": .string(row.name), "stretches": .array(stretches(row))] }),
        ]
    }

    private func stretches(_ row: Row) -> [JSONValue] {
        var (result, start): ([JSONValue], Int) = ([], 0)
        for place in steps.indices {
            let next = place + 1
            if next < steps.count, row.total[next] == row.total[start], row.differing[next] == row.differing[start] {
                continue
            }
            result.append([
                .integer(steps[start]), .integer(steps[place]), .integer(row.differing[start]),
                .integer(row.total[start]),
            ])
            start = next
        }
        return result
    }
}
