import Audit
import Core
import Ledger

@testable import Reports

/// Pages and parts of pages to look at.
enum PageMaterial {
    /// What a person may call a tensor or write as a caption.
    static let hostile =
        "a <script>alert(1)</script> | `x` *b* [l](http://e.vil) & \"q\" 'p'\n# h\u{1B}[31m\u{202E}red\u{0}"

    /// Steps that are equal up to `first`, and from there on differ in more and more of their layers.
    static func drift(steps: Int, layers: Int, first: Int?, name: String = "unet/layer") -> [StepDrift] {
        (1...steps).map { step in
            let late = first.map { step >= $0 } ?? false
            let depth = first.map { max(0, step - $0 + 1) } ?? 0
            return StepDrift(
                step: step,
                phases: [
                    .init(name: "batch", total: 5, differing: 0),
                    .init(name: "loss", total: 81, differing: late ? min(81, depth) : 0),
                    .init(name: "weights", total: layers, differing: late ? min(layers, depth) : 0),
                ],
                layers: (0..<layers).map { layer in
                    .init(
                        name: "\(name).\(PaddedNumber.text(layer, digits: 4))", total: 7,
                        differing: late && layer < depth ? min(7, (step * 31 + layer * 17) % 8) : 0)
                },
                loss: .init(
                    recorded: (0.7 - Float(step) * 1e-4).bitPattern,
                    found: (0.7 - Float(step) * 1e-4).bitPattern + (late ? UInt32(depth) : 0)),
                furthest: late ? .init(name: "loss 0003.errors", ulp: UInt64(depth)) : nil)
        }
    }

    /// A page with every kind of section, foreign texts being `text`.
    static func page(_ text: String, drift: [StepDrift]) throws -> ReportPage {
        let first = drift.first { !$0.isEqual }?.step
        var page = ReportPage(
            title: text, subject: "test", verdict: PageVerdict("diverged", .bad, "It differs: \(text)"))
        page.unchecked = [.init("a thing \(text)", "because of \(text)")]
        page.add(
            try FirstDifference(
                json: JSONCursor(
                    [
                        "step": 4, "last_equal_step": 3, "phase": "weights", "tensor": .string(text), "expected": "a",
                        "found": .string(text), "summary": "s",
                        "element": [
                            "index": 7, "coordinates": [1, 2], "expected": "0.5", "found": "0.25",
                            "expected_bits": "0x3f000000", "found_bits": "0x3e800000", "ulp": 8_388_608,
                        ],
                    ], name: "d"), steps: drift.count))
        page.add(LossPlot(drift, firstDifference: first))
        page.add(DriftPlot(drift))
        if let map = StepHeatMap(.layers, of: drift) { page.add(map) }
        if let map = StepHeatMap(.phases, of: drift) { page.add(map) }
        let matches = (0..<8).map {
            LatentSection.Match(
                step: 1 + $0 / 4, item: $0 % 4, id: text, timestep: 100 * $0, winner: $0 != 5, loser: true)
        }
        page.add(
            LatentSection(
                matches, exhibits: [.init(match: matches[5], caption: text, pictures: [picture(text)])], notes: [text]))
        page.add(
            LabelSection(
                [LabelSection.Histogram("Gap", key: "gap", meaning: "It is.", [0, 1, 2, 2, 4])].compactMap { $0 },
                notes: [text]))
        if let margins = MarginSection(try records([[0.5, -0.25], [1, 2]])) { page.add(margins) }
        page.add(SampleSection([.init(caption: text, pictures: [picture(text), picture(text)])], notes: [text]))
        page.add(
            InputDifferences(
                [.init(path: text, left: text, right: nil, isInput: true)],
                names: PageSides(recorded: text, found: text)))
        page.miss("nothing", "Nothing", text)
        page.add(
            ProvenanceCard(
                run: text,
                entries: [.init("outcome", text, text), .init("inputs", "d", String(repeating: "0f", count: 32))]))
        return page
    }

    private static func picture(_ text: String) -> PagePicture {
        PagePicture(png: [1, 2, 3], width: 2, height: 2, label: text, alternative: text, note: text)
    }

    /// Records of steps whose items have these logits.
    static func records(_ logits: [[Float]], weights: [Float] = []) throws -> [StepRecord] {
        try logits.enumerated().map { index, values in
            var entries = values.enumerated().map { item, value in
                TraceEntry("\(PaddedNumber.text(item, digits: 4)).inside", value)
            }
            entries.append(TraceEntry("loss", Float(0.5)))
            return try StepRecord(
                step: index + 1,
                phases: [
                    PhaseRecord(.batch, [TraceEntry("weights", .float32(weights.map(\.bitPattern)))]),
                    PhaseRecord(.loss, entries),
                ])
        }
    }
}
