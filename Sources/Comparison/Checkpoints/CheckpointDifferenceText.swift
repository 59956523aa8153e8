import Core
import Pages

/// The difference of two checkpoints for people at a terminal.
package struct CheckpointDifferenceText {
    let report: CheckpointDifference
    let rows: DifferenceGroup.Kind
    let showsAll: Bool

    /// Rows of the table that are shown without `showsAll`.
    private static let fewest = 20
    /// Tensors whose measures are spelt out without `showsAll`.
    private static let fewestMeasured = 5

    /// A presentation; without `showsAll` of the worst rows only.
    package init(_ report: CheckpointDifference, rows: DifferenceGroup.Kind = .module, showsAll: Bool = false) {
        (self.report, self.rows, self.showsAll) = (report, rows, showsAll)
    }

    /// One line: the verdict and what differs.
    package var stat: String {
        VisibleText.of("\(report.verdict.rawValue): \(report.summary)", most: .max)
    }

    /// The verdict line, the table, and all that does not fit into it.
    package var text: String {
        var lines = [stat]
        for (label, side) in [("A", report.left), ("B", report.right)] {
            lines.append(
                "  \(label)  \(side.path)  (\(side.container), \(side.tensors) tensors, \(MemorySize(side.bytes)))")
        }
        if let layouts = report.layouts {
            lines.append(
                "  paired by meaning: \(layouts.pairs); "
                    + (layouts.isOne ? layouts.left : "A: \(layouts.left), B: \(layouts.right)"))
        }
        lines += table
        lines += details
        lines += report.notes.map { "  note: \($0)" }
        return VisibleText.lines(lines)
    }

    // MARK: The table

    private var groups: [DifferenceGroup] {
        report.groups(by: rows).filter { showsAll || !$0.differing.isEmpty }
    }

    private var table: [String] {
        let groups = groups
        guard groups.contains(where: { !$0.differing.isEmpty }) || showsAll && !groups.isEmpty else { return [] }
        let shown = showsAll ? groups : Array(groups.prefix(Self.fewest))
        let head = ["", "verdict", "tensors", "elements", "", "max ULP", "max |Δ|", "rel. L2"]
        let body = shown.map { group in
            [
                group.name, Self.word(group), group.counted,
                Figures.percent(group.unequal, of: group.count), Figures.bar(group.share, width: 10),
                group.maxULP.map(Figures.ulp) ?? "", group.maxAbsolute.map(Figures.short) ?? "",
                group.relativeL2.map(Figures.short) ?? "",
            ]
        }
        let lines = Figures.table([head] + body, rightAligned: [2, 3, 5, 6, 7])
        let rest = groups.count - shown.count
        return [""] + lines.map { "  " + $0 } + (rest > 0 ? ["  … and \(rest) more (--all)"] : [])
    }

    private static func word(_ group: DifferenceGroup) -> String {
        let words = group.differing.map(\.verdict.word)
        guard let first = words.first else { return "identical" }
        return words.allSatisfy { $0 == first } ? first : "different"
    }

    // MARK: What is not in the table

    private var details: [String] {
        var lines: [String] = []
        func list(_ title: String, _ items: [[String]], fewest: Int = Self.fewest) {
            guard !items.isEmpty else { return }
            lines += ["", "  \(title) (\(items.count))"]
            lines += items.prefix(showsAll ? items.count : fewest).joined().map { "    " + $0 }
            if !showsAll && items.count > fewest { lines.append("    … and \(items.count - fewest) more (--all)") }
        }
        func list(_ title: String, _ items: [String]) { list(title, items.map { [$0] }) }
        list("measured, worst first", report.worstFirst.map(Self.measured), fewest: Self.fewestMeasured)
        list("only in A", report.tensors.filter { $0.verdict == .onlyLeft }.map { Self.described($0.name, $0.left) })
        list("only in B", report.tensors.filter { $0.verdict == .onlyRight }.map { Self.described($0.name, $0.right) })
        list(
            "renamed",
            report.tensors.compactMap {
                guard case .renamed(let other) = $0.verdict else { return nil }
                return "\($0.name) → \(other)"
            })
        list(
            "other shape or type",
            report.differing.filter { $0.left != nil && $0.right != nil && $0.measures == nil && !$0.isRenamed }
                .filter { $0.left != $0.right || !$0.notes.isEmpty || $0.verdict != .different }
                .map(Self.reshaped))
        list(
            "metadata",
            report.metadata.map {
                "\($0.key): \(Self.value($0.left)) | \(Self.value($0.right))\($0.passes ? " (passes)" : "")"
            })
        list(
            "without a counterpart \(report.layouts?.isOne == true ? "on the other side" : "in the other layout")",
            (report.layouts?.unpaired ?? []).map { "\($0.name)  (\($0.side.rawValue)): \($0.why)" })
        list("files not compared", report.notCompared.map(Self.file))
        list("other files not read", report.files.filter { $0.outcome != .notCompared }.map(Self.file))
        return lines
    }

    private static func measured(_ tensor: TensorDifference, _ m: TensorMeasures) -> [String] {
        var first =
            "\(tensor.names)  \(tensor.types): \(Figures.grouped(m.unequalElements)) of \(Figures.grouped(m.elements)) "
            + "elements"
        if m.unequalNumbers != m.unequal {
            let (zeros, nans) = (m.zeroSigns, m.nanPayloads)
            first += zeros > 0 ? ", \(zeros) of them −0 and +0" : ""
            first += nans > 0 ? ", \(nans) of them NaN with other bits" : ""
        }
        for (count, text) in [
            (m.signFlips, "other signs"), (m.nanGained, "NaN gained"), (m.nanLost, "NaN lost"),
            (m.infGained, "infinities gained"), (m.infLost, "infinities lost"),
        ] where count > 0 { first += ", \(Figures.grouped(count)) \(text)" }
        var lines = [first]
        if m.maxULP.amount > 0 {
            lines.append(
                "  ULP max \(Figures.ulp(m.maxULP.amount)) at \(Self.place(m.maxULP.index, tensor.counterpart?.ulpIndex)) (\(m.maxULP.left) | \(m.maxULP.right)), "
                    + "p50 \(Figures.ulp(m.median)), p99 \(Figures.ulp(m.percentile99))")
        }
        if m.maxAbsolute.amount > 0 {
            lines.append(
                "  |Δ| max \(Figures.short(m.maxAbsolute.amount)) at "
                    + "\(Self.place(m.maxAbsolute.index, tensor.counterpart?.absoluteIndex)) "
                    + "(\(m.maxAbsolute.left) | \(m.maxAbsolute.right)), mean \(Figures.short(m.meanAbsolute)), "
                    + "relative L2 \(Figures.short(m.relativeL2))"
                    + (m.cosine.map { ", 1 − cosine \(Figures.short(1 - $0))" } ?? ""))
        }
        return lines + tensor.notes.map { "  " + $0 }
    }

    /// A place in A's tensor, and in B's where it is another there.
    private static func place(_ index: Int, _ other: Int?) -> String {
        other.map { $0 == index ? "[\(index)]" : "A's [\(index)], B's [\($0)]" } ?? "[\(index)]"
    }

    private static func file(_ file: FileDifference) -> String {
        "\(file.path)  (\(file.sides.rawValue)): \(file.text)"
    }

    private static func reshaped(_ tensor: TensorDifference) -> String {
        var text = "\(tensor.names): \(tensor.types), \(tensor.verdict.word)"
        if case .transposed(let axes) = tensor.verdict { text += ", axes \(axes)" }
        return text + tensor.notes.map { "; " + $0 }.joined()
    }

    private static func described(_ name: String, _ side: TensorDifference.Side?) -> String {
        "\(name)  \(side?.description ?? "nothing")"
    }
    private static func value(_ text: String?) -> String {
        guard let text else { return "nothing" }
        return text.count > 80 ? text.prefix(77) + "…" : text
    }
}
