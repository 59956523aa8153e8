import Comparison
import Core
import Ledger

extension StepDrift {
    /// Compares the record of a step with its replay.
    package init(expected: StepTrace, found: StepTrace) {
        var (phases, layers): ([Part], [String: (total: Int, differing: Int)]) = ([], [:])
        var (furthest, distances): (Furthest?, [UInt64]) = (nil, [])
        for phase in Phase.allCases {
            let (old, new) = (expected.record[phase]?.entries ?? [], found.record[phase]?.entries ?? [])
            guard !(old.isEmpty && new.isEmpty) else { continue }
            var (total, differing) = (0, 0)
            for (name, left, right) in StepDrift.pairs(old, new) {
                if name == TraceEntry.tensorsName, let old = expected.tensors[phase], let new = found.tensors[phase] {
                    for (tensor, differs) in StepDrift.tensors(old, new) {
                        (total, differing) = (total + 1, differing + (differs ? 1 : 0))
                        guard phase == .weights else { continue }
                        let layer = LayerName.layer(tensor)
                        let before = layers[layer] ?? (0, 0)
                        layers[layer] = (before.total + 1, before.differing + (differs ? 1 : 0))
                    }
                    continue
                }
                (total, differing) = (total + 1, differing + (left == right ? 0 : 1))
                guard phase == .loss || phase == .gradient, let left, let right else { continue }
                let ulps = StepDrift.distances(left.value, right.value)
                distances += ulps.filter { $0 > 0 }
                guard let ulp = ulps.max(), ulp > furthest?.ulp ?? 0 else { continue }
                furthest = Furthest(name: "\(phase.rawValue) \(name)", ulp: ulp)
            }
            phases.append(Part(name: phase.rawValue, total: total, differing: differing))
        }
        self.init(
            step: expected.record.step, phases: phases,
            layers: layers.sorted { utf8Less($0.key, $1.key) }
                .map { Part(name: $0.key, total: $0.value.total, differing: $0.value.differing) },
            loss: StepFigures(expected.record).loss.flatMap { old in
                StepFigures(found.record).loss.map { Numbers(recorded: old.bitPattern, found: $0.bitPattern) }
            },
            furthest: furthest, median: distances.isEmpty ? nil : distances.sorted()[distances.count / 2])
    }

    /// A step that is as it was recorded.
    package init(equal step: StepTrace) { self.init(expected: step, found: step) }

    /// Entries of two phases by their names.
    private static func pairs(
        _ old: [TraceEntry], _ new: [TraceEntry]
    ) -> [(name: String, TraceEntry?, TraceEntry?)] {
        let left = Dictionary(uniqueKeysWithValues: old.map { ($0.name, $0) })
        let right = Dictionary(uniqueKeysWithValues: new.map { ($0.name, $0) })
        return Set(left.keys).union(right.keys).sorted(by: utf8Less).map { ($0, left[$0], right[$0]) }
    }

    /// The tensors that either list names, and whether they differ.
    private static func tensors(_ old: TensorList, _ new: TensorList) -> [(name: String, differs: Bool)] {
        let left = Dictionary(uniqueKeysWithValues: zip(old.names, old.digests))
        let right = Dictionary(uniqueKeysWithValues: zip(new.names, new.digests))
        return Set(left.keys).union(right.keys).map { ($0, left[$0] != right[$0]) }
    }

    /// The distances of two lists of floats; none for what is no list of floats, the largest for another length.
    private static func distances(_ left: TraceValue, _ right: TraceValue) -> [UInt64] {
        switch (left, right) {
        case (.float32(let left), .float32(let right)):
            left.count == right.count ? zip(left, right).map { UnitsInLastPlace.distance($0, $1) } : [.max]
        case (.float64(let left), .float64(let right)):
            left.count == right.count ? zip(left, right).map { UnitsInLastPlace.distance($0, $1) } : [.max]
        default: []
        }
    }
}
