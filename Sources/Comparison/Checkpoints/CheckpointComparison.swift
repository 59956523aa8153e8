import Checkpoints
import Compute
import Core

/// Compares two checkpoints, tensor by tensor.
package struct CheckpointComparison {
    let engine: Engine
    let policy: DifferencePolicy
    /// Whether differing numbers are measured, or only found.
    let measures: Bool
    /// Which weights are compared of a file that has two sets of them; nil compares the trained ones, and says that there are
    /// others.
    package var weights: WeightsChoice?
    /// Is told what is being done ("compared", "measured") and how many bytes or elements of how many are through.
    package var progress: ((_ what: String, _ done: Int, _ total: Int) -> Void)?

    /// A comparison. Without `measures` it ends, for each tensor, at the first byte that differs; a policy with
    /// tolerances measures all the same.
    package init(engine: Engine, policy: DifferencePolicy = DifferencePolicy(), measures: Bool = true) {
        let isExact = policy.tolerance == .exact && policy.rules.allSatisfy { $0.tolerance ?? .exact == .exact }
        (self.engine, self.policy, self.measures) = (engine, policy, measures || !isExact)
    }

    /// The difference of `right` from `left`. Where the names are of two layouts (`ModelContents`), tensors are paired by what
    /// they are in a model, and compared in one form.
    /// - Throws: `CheckpointError` when a file cannot be read, `EmptyComparison` when nothing would be compared.
    package func compare(_ left: Checkpoint, _ right: Checkpoint) throws -> CheckpointDifference {
        let reach = PolicyReach(policy, left, right)
        var notes = reach.unmet
        let names = NamePairing(
            left.tensors.filter { policy.takes($0.name) }, right.tensors.filter { policy.takes($0.name) })
        // Where both sides have the same names, there is nothing to be read in another way.
        let laidOut =
            weights != nil || !names.onlyLeft.isEmpty || !names.onlyRight.isEmpty
            ? try LayoutPairing(left, right, weights: weights) : nil
        var found: [TensorDifference]
        let skipped: Int
        var layouts: LayoutComparison?
        if let laidOut {
            (found, skipped, layouts) = try compare(laidOut, reach, &notes)
        } else {
            skipped = Set((left.tensors + right.tensors).map(\.name).filter { !policy.takes($0) }).count
            try reach.requireSomething(compared: names.both.count + names.onlyLeft.count + names.onlyRight.count)
            found = try compare(names.both)
            found += try compareUnpaired(names.onlyLeft, names.onlyRight, &notes)
        }
        if skipped > 0 {
            notes.insert(
                "not compared: \(skipped) tensor\(skipped == 1 ? "" : "s") that the policy leaves out",
                at: reach.unmet.count)
        }
        found.sort { utf8Less($0.name, $1.name) }
        return CheckpointDifference(
            CheckpointDifference.Side(left), CheckpointDifference.Side(right), tensors: found,
            metadata: metadata(left, right, &notes), leftOut: skipped,
            files: try FileDifference.all(left.files, right.files, policy: policy), layouts: layouts, policy: policy,
            notes: notes)
    }

    // MARK: Tensors of two layouts

    private func compare(
        _ laidOut: LayoutPairing, _ reach: PolicyReach, _ notes: inout [String]
    ) throws -> ([TensorDifference], skipped: Int, LayoutComparison) {
        let pairs = laidOut.pairs.filter { policy.takes(any: [$0.left.storedName, $0.right.storedName, $0.left.path]) }
        let others = laidOut.others.filter { policy.takes(any: [$0.left.name, $0.right.name]) }
        let (left, right) = (
            laidOut.onlyLeft.filter { policy.takes($0.name) }, laidOut.onlyRight.filter { policy.takes($0.name) }
        )
        let unpaired = laidOut.unpaired.filter { policy.takes($0.name) }
        try reach.requireSomething(compared: pairs.count + others.count + left.count + right.count)
        let skipped =
            laidOut.pairs.count - pairs.count + laidOut.others.count - others.count + laidOut.onlyLeft.count
            - left.count + laidOut.onlyRight.count - right.count + laidOut.unpaired.count - unpaired.count
        let compared = try compare(pairs.map(\.tensors))
        var found = zip(pairs, compared).map { $1.inTwoLayouts($0) }
        found += try compare(others)
        found += try compareUnpaired(left, right, &notes)
        return (
            found, skipped,
            LayoutComparison(
                left: laidOut.layouts.left, right: laidOut.layouts.right, isOne: laidOut.isOfOneLayout,
                pairs: pairs.count,
                unpaired: unpaired)
        )
    }

    private var scan: PairScan {
        PairScan(pool: engine.pool, progress: progress.map { told in { told("compared", $0, $1) } })
    }
    private var measuring: PairMeasuring {
        PairMeasuring(engine: engine, progress: progress.map { told in { told("measured", $0, $1) } })
    }

    // MARK: Tensors of one name

    private func compare(_ pairs: [TensorPair]) throws -> [TensorDifference] {
        var verdicts = [TensorVerdict](repeating: .different, count: pairs.count)
        var notes = [[String]](repeating: [], count: pairs.count)
        // Pairs that can be equal byte by byte, as they stand or under another shape.
        let alike = pairs.indices.filter {
            pairs[$0].isOfOneType && pairs[$0].left.byteCount == pairs[$0].right.byteCount
        }
        for (index, differs) in zip(alike, try scan.differing(alike.map { pairs[$0] }))
        where !differs {
            verdicts[index] = pairs[index].left.shape == pairs[index].right.shape ? .identical : .reshaped
        }
        let changed = pairs.indices.filter { verdicts[$0] == .different }
        for index in changed {
            if let axes = try AxisPermutation(left: pairs[index].left, right: pairs[index].right).find() {
                verdicts[index] = .transposed(axes: axes)
            } else if pairs[index].left.shape != pairs[index].right.shape {
                notes[index].append("other shapes: not compared by value")
            } else if pairs[index].pairing == nil {
                notes[index].append("\(pairs[index].left.type.name): compared by bytes, not by value")
            }
        }
        let numbers = changed.filter {
            verdicts[$0] == .different && pairs[$0].left.shape == pairs[$0].right.shape && pairs[$0].pairing != nil
        }
        var measured: [Int: TensorMeasures] = [:]
        if measures {
            let work = numbers.map { (pairs[$0], pairs[$0].pairing!, policy.tolerance(of: pairs[$0].left.name)) }
            for (index, result) in zip(numbers, try measuring.measure(work)) {
                measured[index] = result
                verdicts[index] = verdict(result, policy.tolerance(of: pairs[index].left.name))
                if !pairs[index].isOfOneType, result.isRounding {
                    notes[index].append("rounded to \(pairs[index].right.type.name), nothing else")
                }
            }
        }
        try noteExchanges(pairs, changed.filter { verdicts[$0] == .different }, &notes)
        return pairs.indices.map { index in
            difference(pairs[index].left, pairs[index].right, verdicts[index], measured[index], notes[index])
        }
    }

    private func verdict(_ measures: TensorMeasures, _ tolerance: Tolerance) -> TensorVerdict {
        if measures.unequalNumbers == 0 { return .equal }
        return tolerance != .exact && measures.outside == 0 ? .withinTolerance : .different
    }

    /// Says which tensors have the content that another one had.
    private func noteExchanges(_ pairs: [TensorPair], _ changed: [Int], _ notes: inout [[String]]) throws {
        let matches = try ContentMatching(scan: PairScan(pool: engine.pool)).match(
            changed.map { pairs[$0].right }, changed.map { pairs[$0].left })
        for match in matches {
            notes[changed[match.left]].append("B has the content of A's \(pairs[changed[match.right]].left.name)")
        }
    }

    // MARK: Tensors of one side

    private func compareUnpaired(
        _ left: [CheckpointTensor], _ right: [CheckpointTensor], _ notes: inout [String]
    ) throws -> [TensorDifference] {
        let renamed = try ContentMatching(scan: PairScan(pool: engine.pool)).match(left, right)
        let (taken, given) = (Set(renamed.map(\.left)), Set(renamed.map(\.right)))
        if let rule = ContentMatching.commonRule(renamed.map { (left[$0.left].name, right[$0.right].name) }) {
            notes.append("all \(renamed.count) renamed tensors: \"\(rule.from)\" became \"\(rule.to)\"")
        }
        return renamed.map {
            difference(left[$0.left], right[$0.right], .renamed(to: right[$0.right].name), nil, [])
        } + left.indices.filter { !taken.contains($0) }.map { difference(left[$0], nil, .onlyLeft, nil, []) }
            + right.indices.filter { !given.contains($0) }.map { difference(nil, right[$0], .onlyRight, nil, []) }
    }

    private func difference(
        _ left: CheckpointTensor?, _ right: CheckpointTensor?, _ verdict: TensorVerdict, _ measures: TensorMeasures?,
        _ notes: [String]
    ) -> TensorDifference {
        let name = left?.name ?? right?.name ?? ""
        return TensorDifference(
            name: name, left: left.map(TensorDifference.Side.init), right: right.map(TensorDifference.Side.init),
            counterpart: nil, verdict: verdict, measures: measures, passes: passes(verdict, policy.tolerance(of: name)),
            notes: notes)
    }

    private func passes(_ verdict: TensorVerdict, _ tolerance: Tolerance) -> Bool {
        switch verdict {
        case .identical, .withinTolerance: true
        case .equal: tolerance != .exact
        case .renamed: policy.allowsRename
        case .different, .reshaped, .transposed, .onlyLeft, .onlyRight: false
        }
    }

    // MARK: Metadata

    private func metadata(
        _ left: Checkpoint, _ right: Checkpoint, _ notes: inout [String]
    ) -> [CheckpointDifference.Text] {
        // The metadata of two folders are those of their files, whatever the folders hold.
        guard left.container == right.container || !left.files.isEmpty && !right.files.isEmpty else {
            notes.append("not compared: metadata of \(left.container) and of \(right.container)")
            return []
        }
        // Both are in byte order of the keys; texts are compared byte by byte.
        var (result, i, j) = ([CheckpointDifference.Text](), 0, 0)
        let (a, b) = (left.metadata, right.metadata)
        func add(_ key: String, _ left: String?, _ right: String?) {
            result.append(
                CheckpointDifference.Text(key: key, left: left, right: right, passes: policy.ignores(metadata: key)))
        }
        while i < a.count || j < b.count {
            if j == b.count || i < a.count && utf8Less(a[i].key, b[j].key) {
                add(a[i].key, a[i].value, nil)
                i += 1
            } else if i == a.count || utf8Less(b[j].key, a[i].key) {
                add(b[j].key, nil, b[j].value)
                j += 1
            } else {
                if !utf8Equal(a[i].value, b[j].value) { add(a[i].key, a[i].value, b[j].value) }
                (i, j) = (i + 1, j + 1)
            }
        }
        return result
    }
}
