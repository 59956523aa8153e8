import Comparison
import Core

/// The tensors in which two checkpoints differ, by layer: what `smpo diff A B --json` wrote of them.
package struct CheckpointSection: PageSection {
    /// A tensor that is not identical.
    package struct Tensor: Sendable, Equatable {
        /// Its name and how its two sides relate.
        package let name: String, verdict: String
        /// Whether the policy lets it pass.
        package let passes: Bool
        /// Elements that differ, and elements; nil where they were not measured.
        package let unequal: Int, elements: Int?
        /// The largest distance in ULP, `.max` for NaN to a number, and in value, and ‖a − b‖ / ‖a‖.
        package let maxULP: UInt64?, maxAbsolute: Double?, relativeL2: Double?
        /// Pairs by powers of two of their distance, as `TensorMeasures.histogram` has them.
        package let histogram: [Int]
    }

    /// One of the two.
    package struct Side: Sendable, Equatable {
        /// Where it is, and what holds it.
        package let path: String, container: String
        /// Its tensors and their elements.
        package let tensors: Int, elements: Int
    }

    /// The two.
    package let left: Side, right: Side
    /// What the comparison came to.
    package let verdict: CheckpointDifference.Verdict
    /// Whether that is a pass.
    package var passes: Bool { verdict.passes }
    /// Tensors compared, and those that are not identical.
    package let compared: Int, tensors: [Tensor]
    /// What differs in the metadata, and what was noted.
    package let metadata: [InputDifferences.Entry], notes: [String]
    /// Files that can hold weights and were not compared.
    package let unread: Int
    /// What was not compared, or allowed to differ.
    package let omissions: [ReportPage.Omission]

    /// The anchor.
    package let key = "checkpoints"
    /// The heading.
    package let title = "Layers that differ"

    /// The schema of the documents that are read.
    static let schema = "smpo/checkpoint-diff/1"

    /// Whether a document is one of two checkpoints.
    package static func isDifference(_ cursor: JSONCursor) -> Bool {
        guard case .object(let object)? = cursor.value, case .string(let schema)? = object["schema"] else {
            return false
        }
        return schema.hasPrefix("smpo/checkpoint-diff/")
    }

    /// Reads the document. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        let schema = try cursor["schema"].string()
        guard schema == Self.schema else {
            throw try cursor["schema"].error(expected: Self.schema, found: "\"\(schema)\"")
        }
        func side(_ cursor: JSONCursor) throws -> Side {
            Side(
                path: try cursor["path"].string(), container: try cursor["container"].string(),
                tensors: try cursor["tensors"].int(), elements: try cursor["elements"].int())
        }
        (left, right) = (try side(cursor["left"]), try side(cursor["right"]))
        let word = try cursor["verdict"].string()
        guard let verdict = CheckpointDifference.Verdict(rawValue: word) else {
            throw try cursor["verdict"].error(expected: "a verdict", found: "\"\(word)\"")
        }
        guard try cursor["passes"].bool() == verdict.passes else {
            throw try cursor["passes"].error(expected: "\(verdict.passes), as \(word) is", found: "\(!verdict.passes)")
        }
        self.verdict = verdict
        compared = try cursor["tensors"]["compared"].int()
        tensors = try cursor["differences"].elements().map { try Self.tensor($0) }
        metadata = try cursor["metadata"].elements().map { entry in
            InputDifferences.Entry(
                path: try entry["key"].string(), left: try entry["left"].present?.string(),
                right: try entry["right"].present?.string(), isInput: true)
        }
        // Documents of earlier versions do not say what became of files.
        let files = try cursor["files"].present?.elements() ?? []
        unread = try files.filter { try $0["outcome"].string() == "not compared" }.count
        omissions = try files.map { try Self.omission($0) } + Self.omissions(cursor["policy"])
        notes = try cursor["notes"].elements().map { try $0.string() }
    }

    private static func omission(_ file: JSONCursor) throws -> ReportPage.Omission {
        let outcome = try file["outcome"].string()
        return .init(
            "\(try file["path"].string()) (\(try file["sides"].string()))", "\(try file["why"].string()) – \(outcome)")
    }

    private static func omissions(_ policy: JSONCursor) throws -> [ReportPage.Omission] {
        var list: [ReportPage.Omission] = []
        let only = try policy["only"].elements().map { try $0.string() }
        if !only.isEmpty {
            list.append(
                .init("other tensors than \(only.joined(separator: ", "))", "only these were compared (--only)"))
        }
        for rule in try policy["rules"].elements() where try rule["tolerance"].string() == "ignore" {
            list.append(.init("tensors named \(try rule["pattern"].string())", "the policy leaves them out"))
        }
        let tolerance = try policy["tolerance"].string()
        if tolerance != "exact" { list.append(.init("differences within \(tolerance)", "the policy lets them pass")) }
        if try policy["ignore_metadata"].bool() { list.append(.init("metadata", "the policy lets them differ")) }
        for pattern in try policy["ignored_metadata"].present?.elements() ?? [] {
            list.append(.init("metadata named \(try pattern.string())", "the policy lets them differ"))
        }
        if try policy["allow_rename"].bool() {
            list.append(.init("names of equal tensors", "the policy lets them differ"))
        }
        return list + [.init("where the two come from", "a difference says how far they are apart, no more")]
    }

    private static func tensor(_ cursor: JSONCursor) throws -> Tensor {
        let measures = try cursor["measures"].present
        var histogram = try measures?["ulp_histogram"].elements().map { try $0.int() } ?? []
        guard histogram.count <= 65 else {
            throw cursor.error(expected: "65 bins at most", found: "\(histogram.count)")
        }
        if let measures {
            histogram += [Int](repeating: 0, count: 65 - histogram.count) + [try measures["ulp_nan_to_number"].int()]
        }
        return Tensor(
            name: try cursor["name"].string(), verdict: try cursor["verdict"].string(),
            passes: try cursor["passes"].bool(), unequal: try cursor["unequal"].int(),
            elements: try measures?["elements"].int(),
            maxULP: try measures.map { try $0["ulp_max"].value == "max" ? .max : $0["ulp_max"].uint64() },
            maxAbsolute: try measures.map { try Self.number($0["abs_max"]) },
            relativeL2: try measures.map { try Self.number($0["relative_l2"]) }, histogram: histogram)
    }

    /// Numbers that JSON does not have are written as texts.
    private static func number(_ cursor: JSONCursor) throws -> Double {
        if case .string(let text)? = cursor.value, let number = Double(text) { return number }
        return try cursor.double()
    }

    /// The differing tensors by block and kind of layer, in the order of their names.
    private var layers: [(name: String, tensors: [Tensor])] {
        Dictionary(grouping: tensors) { LayerName.layer($0.name) }.sorted { utf8Less($0.key, $1.key) }
            .map { ($0.key, $0.value) }
    }

    /// The verdict of the page.
    package var pageVerdict: PageVerdict {
        PageVerdict(verdict.rawValue, passes ? .good : verdict == .incomplete ? .open : .bad, sentences[0])
    }

    /// What it says.
    package var sentences: [String] {
        let elements = tensors.reduce(0) { $0 + $1.unequal }
        return [
            "\(Figures.grouped(tensors.count)) of \(Figures.grouped(compared)) tensors differ, in "
                + "\(Figures.grouped(elements)) elements."
                + (unread == 0 ? "" : " Not compared: \(unread) of the files that can hold weights."),
            "A: \(left.path) (\(left.container), \(Figures.grouped(left.elements)) elements). "
                + "B: \(right.path) (\(right.container), \(Figures.grouped(right.elements)) elements).",
        ] + (metadata.isEmpty ? [] : ["\(metadata.count) entries of the metadata differ."]) + notes.map { $0 + "." }
    }

    /// The tensors, the worst first.
    package func table(_ detail: PageDetail) -> PageTable? {
        let ordered = tensors.sorted {
            let (a, b) = ($0.relativeL2 ?? .infinity, $1.relativeL2 ?? .infinity)
            return a != b ? a > b : utf8Less($0.name, $1.name)
        }
        return tensors.isEmpty
            ? nil
            : PageTable(
                ["tensor", "verdict", "elements", "max ULP", "max |Δ|", "rel. L2"],
                ordered.map {
                    [
                        $0.name, $0.verdict,
                        $0.elements.map { [unequal = $0.unequal] in Figures.percent(unequal, of: $0) } ?? "–",
                        $0.maxULP.map(Figures.ulp) ?? "–", $0.maxAbsolute.map(Figures.short) ?? "–",
                        $0.relativeL2.map(Figures.short) ?? "–",
                    ]
                }, numbers: [2, 3, 4, 5], most: detail.tableRows)
    }

    /// A shaded table of the layers, and histograms of the distances in the worst of them.
    package func drawing(_ detail: PageDetail) -> String {
        let measured = layers.compactMap { name, tensors -> HeatTable.Row? in
            let known = tensors.filter { $0.elements != nil }
            guard !known.isEmpty else { return nil }
            let (unequal, all) = (known.reduce(0) { $0 + $1.unequal }, known.reduce(0) { $0 + ($1.elements ?? 0) })
            let (ulp, absolute) = (known.compactMap(\.maxULP).max(), known.compactMap(\.maxAbsolute).max())
            let relative = known.compactMap(\.relativeL2).max()
            return HeatTable.Row(
                name: name, tensors: "\(tensors.count)",
                cells: [
                    .init(
                        text: Figures.percent(unequal, of: all), value: all == 0 ? nil : Double(unequal) / Double(all)),
                    .init(text: ulp.map(Figures.ulp) ?? "", value: ulp.map { $0 == .max ? 0x1p64 : Double($0) }),
                    .init(text: absolute.map(Figures.short) ?? "", value: absolute),
                    .init(text: relative.map(Figures.short) ?? "", value: relative),
                ])
        }
        guard !measured.isEmpty else { return "" }
        let table = HeatTable(
            columns: ["elements that differ", "max ULP", "max |Δ|", "largest rel. L2"],
            rows: Array(measured.prefix(detail.tableRows)))
        let drawn = layers.filter { $0.tensors.contains { !$0.histogram.isEmpty } }.prefix(detail.rows / 4)
        let histograms = drawn.map { name, tensors in
            var bins = [Int](repeating: 0, count: 66)
            for tensor in tensors { for (bin, count) in tensor.histogram.enumerated() { bins[bin] += count } }
            return
                "<figure class=\"distances\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"\(VisibleText.html(name)), distances\">"
                + "\(HistogramDrawing(bins: bins, title: "Distances in \(name), by powers of two").svg)</div>"
                + "<figcaption>\(VisibleText.html(name, most: 120))</figcaption></figure>"
        }
        return "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Layers, shaded\">\(table.html)</div>"
            + "<p class=\"note\">Tensors that differ, by layer. \(HeatTable.caption)</p>"
            + "<h3>Distances in units of the last place</h3><p class=\"note\">Elements by powers of two of their distance; "
            + "heights are logarithmic.</p><div class=\"figures\">\(histograms.joined(separator: "\n"))</div>"
    }

    /// For programs.
    package var json: JSONValue {
        [
            "left": .string(left.path), "right": .string(right.path), "compared": .integer(compared),
            "tensors": .array(
                tensors.map {
                    [
                        "name": .string($0.name), "verdict": .string($0.verdict), "passes": .bool($0.passes),
                        "unequal": .integer($0.unequal), "elements": $0.elements.map { .integer($0) } ?? .null,
                        "max_ulp": $0.maxULP.map { .integer($0) } ?? .null,
                        "max_abs": $0.maxAbsolute.map { .decimal($0) } ?? .null,
                        "relative_l2": $0.relativeL2.map { .decimal($0) } ?? .null,
                    ]
                }),
        ]
    }
}
