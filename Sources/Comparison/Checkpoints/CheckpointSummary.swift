import Pages

extension CheckpointDifference {
    /// What differs, in one line.
    package var summary: String {
        var parts: [String] = []
        func add(_ count: Int, _ text: String) { if count > 0 { parts.append("\(count) \(text)") } }
        let single = differing.filter { $0.left == nil || $0.right == nil }
        let changed = differing.filter { $0.left != nil && $0.right != nil && !$0.isRenamed }
        if !changed.isEmpty {
            let both = compared - single.count
            parts.append("\(changed.count) of \(both) tensors \(changed.count == 1 ? "differs" : "differ")")
            if changed.contains(where: { $0.measures?.unequal ?? 0 > 0 }) {
                let unequal = changed.reduce(0) { $0 + $1.unequal }
                parts[parts.count - 1] += " in \(Figures.grouped(unequal)) "
                if let all = elements.map({ $0 - single.reduce(0) { $0 + $1.count } }) {
                    parts[parts.count - 1] +=
                        "of \(Figures.grouped(all)) elements (\(Figures.percent(unequal, of: all)))"
                } else {
                    parts[parts.count - 1] += "elements"
                }
            }
        }
        add(changed.count { $0.verdict == .equal }, "of them equal in value")
        add(changed.count { $0.verdict == .withinTolerance }, "of them within tolerance")
        add(changed.count { $0.verdict == .reshaped }, "of them reshaped")
        add(changed.count { $0.verdict.word == "transposed" }, "of them transposed")
        add(differing.count(where: \.isRenamed), "renamed")
        add(single.count { $0.verdict == .onlyLeft }, "only in A")
        add(single.count { $0.verdict == .onlyRight }, "only in B")
        add(metadata.count, metadata.count == 1 ? "metadata entry differs" : "metadata entries differ")
        if parts.isEmpty {
            let elements = elements.map { ", \(Figures.grouped($0)) elements" } ?? ""
            parts.append("\(compared) tensor\(compared == 1 ? "" : "s")" + elements)
        }
        add(leftOut, leftOut == 1 ? "tensor left out" : "tensors left out")
        let unread = notCompared.count
        add(
            unread, unread == 1 ? "file that can hold weights not compared" : "files that can hold weights not compared"
        )
        let average = layouts?.uncovered.count ?? 0
        add(average, average == 1 ? "averaged weight (EMA) not compared" : "averaged weights (EMA) not compared")
        let others = files.count - unread
        add(others, others == 1 ? "other file not read" : "other files not read")
        return parts.joined(separator: ", ")
    }

    /// Elements of all that was compared; nil where a document does not say.
    private var elements: Int? {
        layers.reduce(0) { $0 + ($1.tensors ?? 0) } == compared ? layers.reduce(0) { $0 + $1.count } : nil
    }
}
