import Core

@testable import Pages

/// Findings to look at.
enum FindingMaterial {
    /// What a person may call a tensor or write as a caption.
    static let hostile =
        "a <script>alert(1)</script> | `x` *b* [l](http://e.vil) & \"q\" 'p'\n# h\u{1B}[31m\u{202E}red\u{0}"

    private static func picture(_ text: String) -> Picture {
        Picture(png: [1, 2, 3], width: 2, height: 2, label: text, alternative: text, note: text)
    }

    /// A finding with every kind of content, over so many steps and parts; texts from elsewhere are `text`.
    static func finding(_ text: String, steps: Int = 12, parts: Int = 5) -> Finding {
        var finding = Finding(of: text, "test", .init("diverged", .differs, "It differs: \(text)"))
        finding.unchecked = [.init("a thing \(text)", "because of \(text)")]
        finding.place = .init(file: text, line: 3)
        finding.advice = text
        let numbers = Array(1...steps)

        var first = Finding("first-difference", "First difference", says: ["It is in \(text)."], data: ["x": 1])
        first.contents = [
            .line(StepLine(steps: steps, lastEqual: 3, step: 4, label: text)),
            .table(Table(["what", "value"], [["tensor", text], ["digest", String(repeating: "0f", count: 32)]])),
        ]
        var chart = StepChart("Loss", heading: "A loss", steps: numbers)
        chart.series = [
            .init(text, label: "loss, \(text)", numbers.map { $0 == 2 ? nil : 1 / Double($0) }),
            .init("found", label: "loss, found", numbers.map { 1.1 / Double($0) }, style: .dashed),
        ]
        chart.bars = .init("bars", label: "bars", numbers.map { Double($0 % 3) })
        (chart.silent, chart.marker) = ([3], 4)
        chart.strip = .init("found − \(text)", label: "s", numbers.map { 0.1 / Double($0) })
        (chart.range, chart.base) = (0...1, .init(0.5, text))
        var loss = Finding("loss", "Loss", says: ["It goes down."], data: .array([.decimal(0.1)]))
        let rows = numbers.map { ["\($0)", "\(1 / Double($0))"] }
        loss.contents = [.chart(chart), .table(Table(["step", text], rows, numbers: [0, 1], room: .spread))]

        var layers = Finding("layers", "Layers", says: ["Some \(text)."])
        let map = HeatMap(
            "Layers", label: "layers, largest share", steps: numbers,
            rows: (0..<parts).map { part in
                HeatMap.Row(
                    name: "\(text).\(part)", total: numbers.map { _ in 7 },
                    differing: numbers.map { $0 < 4 ? 0 : ($0 * 31 + part * 17) % 8 })
            })
        layers.contents = [
            .heat(map),
            .shaded(
                ShadedTable(
                    text, counted: "tensors", columns: ["share", text],
                    rows: [.init(name: text, count: "1/2", cells: [.init("50 %", 0.5), .init("inf", .infinity)])])),
            .distances([DistanceHistogram(text, bins: [1, 0, 9])]),
        ]
        var latents = Finding("latents", "Latents", says: [text])
        latents.contents = [
            .marks(
                MarkChart(
                    "Timesteps", unit: text,
                    [nil, true, false].enumerated().map { .init(step: $0 + 1, height: 100 * $0, isEqual: $1) })),
            .gallery(Gallery([.init(heading: text, caption: text, pictures: [picture(text), picture(text)])])),
        ]
        if let histogram = Histogram("Gap", key: "gap", meaning: text, [0, 1, 2, 2, 4]) {
            latents.contents.append(.histograms([histogram, histogram]))
        }
        var card = Finding("provenance", "Provenance", says: [text])
        card.contents = [
            .facts([Fact(text, text, in: "outcome"), Fact("d", String(repeating: "0f", count: 32), in: "inputs")])
        ]
        var inner = Finding("inner", "Inner", says: [text])
        inner.conclusion = .init("reproduced", .passed, text)
        card.children = [inner, .missing("gone", "Gone", text)]
        finding.children = [first, loss, layers, .missing("nothing", "Nothing", text), latents, card]
        return finding
    }
}
