import Comparison
import Core
import Training

/// The difference of two checkpoints as one HTML page: no network, no scripts.
package struct CheckpointDifferenceHTML {
    let report: CheckpointDifference

    /// Histograms that are drawn.
    private static let mostHistograms = 24

    /// A presentation.
    package init(_ report: CheckpointDifference) { self.report = report }

    /// The page.
    package var page: String {
        let stat = CheckpointDifferenceText(report).stat
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(VisibleText.html(stat))</title>
            <style>\(Self.style)</style></head><body>
            <h1 class="\(report.passes ? "pass" : "fail")">\(VisibleText.html(stat))</h1>
            \(sides)\(policy)\(layers)\(histograms)\(tensors)\(lists)
            </body></html>

            """
    }

    private var sides: String {
        let rows = [("A", report.left), ("B", report.right)].map { label, side in
            "<tr><th>\(label)</th><td><code>\(VisibleText.html(side.path))</code></td><td>\(side.container)</td>"
                + "<td class=n>\(Figures.grouped(side.tensors)) tensors</td>"
                + "<td class=n>\(Figures.grouped(side.elements)) elements</td><td class=n>\(MemorySize(side.bytes))</td></tr>"
        }
        return "<table class=sides>\(rows.joined())</table>"
    }

    private var policy: String {
        let policy = report.policy
        var words = ["tolerance \(policy.tolerance.text)"]
        words += policy.rules.map { "\($0.pattern): \($0.tolerance?.text ?? "ignored")" }
        if policy.ignoresMetadata { words.append("metadata ignored") }
        words += policy.ignoredMetadata.map { "metadata \($0): ignored" }
        words += policy.ignoredFiles.map { "files \($0): ignored" }
        if policy.allowsRename { words.append("renames allowed") }
        if !policy.only.isEmpty { words.append("only \(policy.only.joined(separator: ", "))") }
        let notes = report.notes.map { "<br>\(VisibleText.html($0))" }.joined()
        return "<p class=policy>Policy: \(VisibleText.html(words.joined(separator: " · ")))\(notes)</p>"
    }

    // MARK: The heat map

    private var groups: [DifferenceGroup] {
        report.groups(by: .layer)
    }

    private var layers: String {
        let groups = groups.sorted { utf8Less($0.name, $1.name) }
        guard groups.contains(where: { !$0.differing.isEmpty }) else { return "" }
        let columns: [(title: String, value: (DifferenceGroup) -> Double?, text: (DifferenceGroup) -> String)] = [
            ("elements that differ", { $0.share }, { Figures.percent($0.unequal, of: $0.count) }),
            (
                "max ULP", { $0.maxULP.map { $0 == .max ? 0x1p64 : Double($0) } },
                { $0.maxULP.map(Figures.ulp) ?? "" }
            ),
            ("max |Δ|", { $0.maxAbsolute }, { $0.maxAbsolute.map(Figures.short) ?? "" }),
            ("relative L2", { $0.relativeL2 }, { $0.relativeL2.map(Figures.short) ?? "" }),
            ("sign flips", { Self.sum($0, \.signFlips) }, { Self.count($0, \.signFlips) }),
            (
                "NaN or Inf gained", { Self.sum($0, \.nanGained) + Self.sum($0, \.infGained) },
                { Self.count($0, \.nanGained, \.infGained) }
            ),
        ]
        let table = HeatTable(
            columns: columns.map(\.title),
            rows: groups.map { group in
                HeatTable.Row(
                    name: group.name, tensors: "\(group.differing.count)/\(group.tensors.count)",
                    cells: columns.map { HeatTable.Cell(text: $0.text(group), value: $0.value(group)) })
            })
        return "<h2>Layers</h2><p>\(HeatTable.caption)</p>" + table.html
    }

    private static func sum(_ group: DifferenceGroup, _ path: KeyPath<TensorMeasures, Int>) -> Double {
        Double(group.tensors.reduce(0) { $0 + ($1.measures?[keyPath: path] ?? 0) })
    }
    private static func count(_ group: DifferenceGroup, _ paths: KeyPath<TensorMeasures, Int>...) -> String {
        let count = paths.reduce(0.0) { $0 + sum(group, $1) }
        return count == 0 ? "" : Figures.grouped(Int(count))
    }

    // MARK: Histograms

    private var histograms: String {
        let drawn = groups.filter { $0.tensors.contains { $0.measures != nil } }
        guard !drawn.isEmpty else { return "" }
        let figures = drawn.prefix(Self.mostHistograms).map { group in
            var bins = [Int](repeating: 0, count: 66)
            for measures in group.tensors.compactMap(\.measures) {
                for (index, count) in measures.histogram.enumerated() { bins[index] += count }
            }
            return
                "<figure>\(HistogramDrawing(bins: bins).svg)<figcaption>\(VisibleText.html(group.name))</figcaption></figure>"
        }
        let rest = drawn.count - figures.count
        return
            "<h2>Distances in units of the last place</h2><p>Elements of the differing tensors of a layer, by powers of "
            + "two of their distance; heights are logarithmic. Worst layers first"
            + (rest > 0 ? ", \(rest) more are not drawn" : "") + ".</p><div class=figures>\(figures.joined())</div>"
    }

    // MARK: Lists

    private var tensors: String {
        let measured = report.differing.filter { $0.measures != nil }
        guard !measured.isEmpty else { return "" }
        let rows = measured.map { tensor -> String in
            let m = tensor.measures!
            let cells = [
                Figures.percent(m.unequalElements, of: m.elements), Figures.ulp(m.maxULP.amount), Figures.ulp(m.median),
                Figures.ulp(m.percentile99), Figures.short(m.maxAbsolute.amount), Figures.short(m.meanAbsolute),
                Figures.short(m.relativeL2),
            ]
            let worst = m.maxULP.amount == 0 ? "" : "[\(m.maxULP.index)] \(m.maxULP.left) → \(m.maxULP.right)"
            let notes = tensor.notes.map { "<br><small>\(VisibleText.html($0))</small>" }.joined()
            return "<tr><th>\(VisibleText.html(tensor.name))\(notes)</th><td>\(tensor.verdict.word)</td>"
                + cells.map { "<td class=n>\($0)</td>" }.joined()
                + "<td><code>\(VisibleText.html(worst))</code></td></tr>"
        }
        return "<details open><summary>Measured tensors (\(measured.count))</summary><table>"
            + "<tr><th></th><th>verdict</th><th class=n>elements</th><th class=n>max ULP</th><th class=n>p50</th><th class=n>p99</th><th class=n>max |Δ|</th>"
            + "<th class=n>mean |Δ|</th><th class=n>rel. L2</th><th>worst element by ULP</th></tr>\(rows.joined(separator: "\n"))</table></details>"
    }

    private var lists: String {
        let others = report.differing.filter { $0.measures == nil }.map { tensor -> String in
            var text = tensor.verdict.word
            if case .renamed(let other) = tensor.verdict { text += " to \(other)" }
            if case .transposed(let axes) = tensor.verdict { text += ", axes \(axes)" }
            let sides = [tensor.left, tensor.right].map { $0.map { "\($0.type) \($0.shape)" } ?? "–" }
            let cells = [tensor.name, text, sides[0], sides[1], tensor.notes.joined(separator: "; ")]
            return "<tr>" + cells.map { "<td>\(VisibleText.html($0))</td>" }.joined() + "</tr>"
        }
        let metadata = report.metadata.map { entry in
            "<tr><th>\(VisibleText.html(entry.key))</th>"
                + [entry.left, entry.right].map { "<td><code>\(VisibleText.html($0 ?? "–"))</code></td>" }.joined()
                + "</tr>"
        }
        return section("Other differences", "<tr><th></th><th>verdict</th><th>A</th><th>B</th><th></th></tr>", others)
            + section("Metadata", "<tr><th></th><th>A</th><th>B</th></tr>", metadata)
            + section("Files not compared", Self.fileHead, report.notCompared.map(Self.row))
            + section(
                "Other files not read", Self.fileHead, report.files.filter { $0.outcome != .notCompared }.map(Self.row))
    }

    private static let fileHead = "<tr><th></th><th>in</th><th>outcome</th><th>why</th></tr>"

    private static func row(_ file: FileDifference) -> String {
        let cells = [file.sides.rawValue, file.outcome.rawValue, file.text]
        return "<tr><th>\(HTMLText.escaped(file.path))</th>"
            + cells.map { "<td>\(HTMLText.escaped($0))</td>" }.joined() + "</tr>"
    }

    private func section(_ title: String, _ head: String, _ rows: [String]) -> String {
        rows.isEmpty
            ? ""
            : "<details open><summary>\(title) (\(rows.count))</summary><table>\(head)\(rows.joined(separator: "\n"))</table></details>"
    }

    private static let style = """
        :root{color-scheme:light dark}body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem}
        h1{font-size:1.25rem;padding:.6rem .8rem;border-left:.4rem solid}h1.pass{border-color:#2a8f4a}h1.fail{border-color:#c0392b}
        h2{font-size:1.05rem;margin-top:2rem}table{border-collapse:collapse;margin:.5rem 0}
        td,th{padding:.15rem .6rem;text-align:left;vertical-align:top;font-weight:normal}
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}table th{white-space:nowrap}
        .heat td{border:1px solid #8883;min-width:5.5rem}.policy{color:#777}
        .figures{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0}figcaption{font-size:.8rem;max-width:20rem}
        svg text{font:9px system-ui,sans-serif;fill:currentColor}svg rect{fill:#c0562b}svg line{stroke:currentColor;opacity:.4}
        details{margin-top:1.5rem;overflow-x:auto}details td{white-space:nowrap}summary{font-weight:600;cursor:pointer}
        """
}
