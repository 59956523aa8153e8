import Core
import Pages

extension CheckpointDifference.Verdict {
    /// What it means for exit codes and presenters.
    package var status: Status {
        switch self {
        case .identical, .relaid, .sameWeights, .same: .passed
        case .different: .differs
        case .incomplete: .trouble
        }
    }
}

extension CheckpointDifference {
    /// The difference as every presenter shows it, with modules or layers as rows.
    package func finding(by kind: DifferenceGroup.Kind = .layer) -> Finding {
        var finding = Finding(
            of: "\(left.path) and \(right.path)", "difference of two checkpoints",
            .init(verdict.rawValue, verdict.status, summary.prefix(1).uppercased() + summary.dropFirst() + "."))
        finding.unchecked = omissions
        finding.children = [groups(kind), others, metadataFinding, filesFinding, sides]
        return finding
    }

    // MARK: What was not looked at

    private var omissions: [Finding.Omission] {
        var list = files.map {
            Finding.Omission("\($0.path) (\($0.sides.rawValue))", "\($0.text) – \($0.outcome.rawValue)")
        }
        list += (layouts?.unpaired ?? []).map {
            Finding.Omission("\($0.name) (\($0.side.rawValue))", "\($0.why): nothing on the other side stands for it")
        }
        if !policy.only.isEmpty {
            list.append(
                .init("other tensors than \(policy.only.joined(separator: ", "))", "only these were compared (--only)"))
        }
        for rule in policy.rules where rule.tolerance == nil {
            list.append(.init("tensors named \(rule.pattern)", "the policy leaves them out"))
        }
        for rule in policy.rules {
            guard let tolerance = rule.tolerance, tolerance != .exact else { continue }
            list.append(.init("differences within \(tolerance.text) in \(rule.pattern)", "the policy lets them pass"))
        }
        if policy.tolerance != .exact {
            list.append(.init("differences within \(policy.tolerance.text)", "the policy lets them pass"))
        }
        if policy.ignoresMetadata { list.append(.init("metadata", "the policy lets them differ")) }
        list += policy.ignoredMetadata.map { .init("metadata named \($0)", "the policy lets them differ") }
        if policy.allowsRename { list.append(.init("names of equal tensors", "the policy lets them differ")) }
        return list + [.init("where the two come from", "a difference says how far they are apart, no more")]
    }

    // MARK: Tensors

    private func groups(_ kind: DifferenceGroup.Kind) -> Finding {
        let (noun, differing) = (kind == .layer ? "Layers" : "Modules", differing)
        let elements = differing.reduce(0) { $0 + $1.unequal }
        let says = [
            "\(Figures.grouped(differing.count)) of \(Figures.grouped(compared)) tensors differ, in "
                + "\(Figures.grouped(elements)) elements."
                + (notCompared.isEmpty ? "" : " Not compared: \(notCompared.count) of the files that can hold weights.")
        ]
        var finding = Finding("checkpoints", "\(noun) that differ", says: says + notes.map { $0 + "." }, data: data)
        let groups = self.groups(by: kind)
        guard groups.contains(where: { !$0.differing.isEmpty }) else { return finding }
        finding.contents.append(.shaded(Self.shaded(groups, "Tensors by \(kind == .layer ? "layer" : "module")")))
        let distances = groups.filter { !$0.measures.isEmpty }.map { group in
            var bins = [Int](repeating: 0, count: DistanceHistogram.binCount)
            for measures in group.measures {
                for (index, count) in measures.histogram.enumerated() { bins[index] += count }
            }
            return DistanceHistogram(group.name, bins: bins)
        }
        if !distances.isEmpty { finding.contents.append(.distances(distances)) }
        if let measured { finding.contents.append(.table(measured)) }
        return finding
    }

    private static func shaded(_ groups: [DifferenceGroup], _ title: String) -> ShadedTable {
        func sum(_ group: DifferenceGroup, _ paths: KeyPath<TensorMeasures, Int>...) -> ShadedTable.Cell {
            let count = group.measures.reduce(0) { sum, measures in
                paths.reduce(sum) { $0 + measures[keyPath: $1] }
            }
            return .init(count == 0 ? "" : Figures.grouped(count), Double(count))
        }
        return ShadedTable(
            title, counted: "tensors",
            columns: ["elements that differ", "max ULP", "max |Δ|", "relative L2", "sign flips", "NaN or Inf gained"],
            rows: groups.sorted { utf8Less($0.name, $1.name) }.map { group in
                ShadedTable.Row(
                    name: group.name, count: group.counted,
                    cells: [
                        .init(Figures.percent(group.unequal, of: group.count), group.share),
                        .init(
                            group.maxULP.map(Figures.ulp) ?? "", group.maxULP.map { $0 == .max ? 0x1p64 : Double($0) }),
                        .init(group.maxAbsolute.map(Figures.short) ?? "", group.maxAbsolute),
                        .init(group.relativeL2.map(Figures.short) ?? "", group.relativeL2), sum(group, \.signFlips),
                        sum(group, \.nanGained, \.infGained),
                    ])
            })
    }

    private var measured: Table? {
        let measured = worstFirst
        guard !measured.isEmpty else { return nil }
        let rows = measured.map { tensor, m in
            [
                tensor.names, tensor.verdict.word, tensor.types, Figures.percent(m.unequalElements, of: m.elements),
                Figures.ulp(m.maxULP.amount), Figures.ulp(m.median), Figures.ulp(m.percentile99),
                Figures.short(m.maxAbsolute.amount), Figures.short(m.meanAbsolute), Figures.short(m.relativeL2),
                m.maxULP.amount == 0 ? "" : "[\(m.maxULP.index)] \(m.maxULP.left) → \(m.maxULP.right)",
                tensor.notes.joined(separator: "; "),
            ]
        }
        return Table(
            [
                "tensor", "verdict", "type and shape", "elements", "max ULP", "p50", "p99", "max |Δ|", "mean |Δ|",
                "rel. L2", "worst element by ULP", "notes",
            ], rows, titled: "Measured tensors (\(measured.count)), worst first", numbers: [3, 4, 5, 6, 7, 8, 9],
            room: .many)
    }

    private var others: Finding {
        let (key, title) = ("others", "Other differences")
        let rows = differing.filter { $0.measures == nil }.map { tensor in
            var word = tensor.verdict.word
            if case .renamed(let other) = tensor.verdict { word += " to \(other)" }
            if case .transposed(let axes) = tensor.verdict { word += ", axes \(axes)" }
            return [
                tensor.names, word, tensor.left?.description ?? "–", tensor.right?.description ?? "–",
                tensor.notes.joined(separator: "; "),
            ]
        }
        guard !rows.isEmpty else { return .missing(key, title, "no tensor is renamed, moved, or only in one") }
        var finding = Finding(key, title)
        finding.contents = [
            .table(
                Table(
                    ["tensor", "verdict", "A", "B", "notes"], rows, titled: "Tensors (\(rows.count))", room: .many,
                    isOpen: true
                ))
        ]
        return finding
    }

    // MARK: What is no tensor

    private var metadataFinding: Finding {
        let (key, title) = ("inputs", "Metadata")
        guard !metadata.isEmpty else { return .missing(key, title, "none differ, or they were not compared") }
        var finding = Finding(
            key, title, says: ["\(metadata.count) \(metadata.count == 1 ? "entry differs" : "entries differ")."])
        finding.data = .array(
            metadata.map {
                [
                    "path": .string($0.key), "left": $0.left.map { .string($0) } ?? .null,
                    "right": $0.right.map { .string($0) } ?? .null, "input": true,
                ]
            })
        let rows = metadata.map { [$0.key, $0.left ?? "nothing", $0.right ?? "nothing", $0.passes ? "yes" : "no"] }
        finding.contents = [
            .table(Table(["key", "A", "B", "passes"], rows, titled: "Entries", room: .many, isOpen: true))
        ]
        return finding
    }

    private var filesFinding: Finding {
        let (key, title) = ("files", "Files that were not read")
        guard !files.isEmpty else { return .missing(key, title, "every file was read") }
        var finding = Finding(key, title)
        for (word, files) in [
            ("Not compared", notCompared), ("Other files", files.filter { $0.outcome != .notCompared }),
        ] where !files.isEmpty {
            let rows = files.map { [$0.path, $0.sides.rawValue, $0.outcome.rawValue, $0.text] }
            finding.contents.append(
                .table(
                    Table(
                        ["file", "in", "outcome", "why"], rows, titled: "\(word) (\(files.count))", room: .many,
                        isOpen: true)))
        }
        return finding
    }

    private var sides: Finding {
        var facts = [("A", left), ("B", right)].flatMap { label, side in
            [
                Fact("path", side.path, in: label), Fact("container", side.container, in: label),
                Fact("tensors", Figures.grouped(side.tensors), in: label),
                Fact("elements", Figures.grouped(side.elements), in: label),
                Fact("size", "\(MemorySize(side.bytes))", in: label),
            ]
        }
        facts.append(Fact("tolerance", policy.tolerance.text, in: "policy"))
        facts += policy.rules.map { Fact($0.pattern, $0.tolerance?.text ?? "ignored", in: "policy") }
        if policy.ignoresMetadata { facts.append(Fact("metadata", "ignored", in: "policy")) }
        facts += policy.ignoredMetadata.map { Fact("metadata \($0)", "ignored", in: "policy") }
        facts += policy.ignoredFiles.map { Fact("files \($0)", "ignored", in: "policy") }
        if let layouts {
            facts += [Fact("layout", layouts.left, in: "A"), Fact("layout", layouts.right, in: "B")]
        }
        if policy.allowsRename { facts.append(Fact("renames", "allowed", in: "policy")) }
        if !policy.only.isEmpty { facts.append(Fact("only", policy.only.joined(separator: ", "), in: "policy")) }
        var finding = Finding("sides", "What was compared")
        finding.contents = [.facts(facts)]
        return finding
    }

    private var data: JSONValue {
        [
            "left": .string(left.path), "right": .string(right.path), "compared": .integer(compared),
            "tensors": .array(
                differing.map {
                    let measures = $0.measures
                    return [
                        "name": .string($0.name), "verdict": .string($0.verdict.word), "passes": .bool($0.passes),
                        "unequal": .integer($0.unequal), "elements": measures.map { .integer($0.elements) } ?? .null,
                        "max_ulp": measures.map { .integer($0.maxULP.amount) } ?? .null,
                        "max_abs": measures.map { .decimal($0.maxAbsolute.amount) } ?? .null,
                        "relative_l2": measures.map { .decimal($0.relativeL2) } ?? .null,
                    ]
                }),
        ]
    }
}
