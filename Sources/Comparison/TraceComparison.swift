import Core
import Ledger

/// Compares step records, phase after phase in the order in which a step passes through them.
package enum TraceComparison {
    /// The first difference between the recorded and the found step, or nil if every bit is equal. Where the records
    /// commit to other tensors, the lists say which; without them the divergence names all of a phase's tensors.
    package static func firstDifference(expected: StepTrace, found: StepTrace) -> Divergence? {
        guard expected.record != found.record else { return nil }
        for phase in Phase.allCases {
            let (old, new) = (expected.record[phase], found.record[phase])
            guard old != new else { continue }
            let lists = (expected.tensors[phase], found.tensors[phase])
            if let difference = firstDifference(
                step: expected.record.step, phase, old?.entries ?? [], new?.entries ?? [], lists)
            {
                return difference
            }
        }
        return nil
    }

    /// Names in byte order, the tensors where the phase says.
    private static func firstDifference(
        step: Int, _ phase: Phase, _ expected: [TraceEntry], _ found: [TraceEntry],
        _ lists: (TensorList?, TensorList?)
    ) -> Divergence? {
        let isFirst = { (name: String) in phase.beginsWithTensors && name == TraceEntry.tensorsName }
        let names = Set(expected.map(\.name) + found.map(\.name)).sorted {
            isFirst($0) != isFirst($1) ? isFirst($0) : utf8Less($0, $1)
        }
        for name in names {
            let (old, new) = (expected.first { $0.name == name }, found.first { $0.name == name })
            guard old != new else { continue }
            if name == TraceEntry.tensorsName, let tensor = firstTensor(step: step, phase, old, new, lists) {
                return tensor
            }
            var difference = Divergence(
                step: step, phase: phase, tensor: name, expected: old.map { describe($0.value) },
                found: new.map { describe($0.value) })
            if let old, let new { difference.element = firstElement(old.value, new.value) }
            return difference
        }
        return nil
    }

    /// The first tensor, by name, of which only one list has a digest or both have another; nil when a list is missing.
    private static func firstTensor(
        step: Int, _ phase: Phase, _ expected: TraceEntry?, _ found: TraceEntry?, _ lists: (TensorList?, TensorList?)
    ) -> Divergence? {
        guard (expected == nil) == (lists.0 == nil), (found == nil) == (lists.1 == nil) else { return nil }
        let (old, new) = (digests(lists.0), digests(lists.1))
        let name = Set(old.keys).union(new.keys).sorted(by: utf8Less).first { old[$0] != new[$0] }
        return name.map {
            Divergence(step: step, phase: phase, tensor: $0, expected: old[$0]?.hex, found: new[$0]?.hex)
        }
    }

    private static func digests(_ list: TensorList?) -> [String: Digest] {
        Dictionary(uniqueKeysWithValues: list.map { zip($0.names, $0.digests) }.map(Array.init) ?? [])
    }

    private static func firstElement(_ expected: TraceValue, _ found: TraceValue) -> Divergence.Element? {
        switch (expected, found) {
        case (.float32(let old), .float32(let new)): return firstElement(old, new, shape: nil)
        case (.float64(let old), .float64(let new)):
            guard let index = firstIndex(old, new) else { return nil }
            return Divergence.Element(
                index: index, coordinates: [], expected: "\(Double(bitPattern: old[index]))",
                found: "\(Double(bitPattern: new[index]))", expectedBits: HexFloat.string(bits: old[index]),
                foundBits: HexFloat.string(bits: new[index]), ulp: UnitsInLastPlace.distance(old[index], new[index]))
        case (.integers(let old), .integers(let new)):
            guard let index = firstIndex(old, new) else { return nil }
            return Divergence.Element(
                index: index, coordinates: [], expected: "\(old[index])", found: "\(new[index])",
                expectedBits: "\(old[index])", foundBits: "\(new[index])", ulp: nil)
        case (.text(let old), .text(let new)):
            guard let index = firstIndex(old, new) else { return nil }
            return Divergence.Element(
                index: index, coordinates: [], expected: old[index], found: new[index], expectedBits: old[index],
                foundBits: new[index], ulp: nil)
        default: return nil
        }
    }

    /// The first differing element of two Float32 tensors given as bit patterns; `shape` gives its coordinates.
    package static func firstElement(_ expected: [UInt32], _ found: [UInt32], shape: [Int]?) -> Divergence.Element? {
        guard let index = firstIndex(expected, found) else { return nil }
        var (coordinates, rest): ([Int], Int) = ([], index)
        for extent in (shape ?? []).reversed() {
            coordinates.insert(rest % extent, at: 0)
            rest /= extent
        }
        let (old, new) = (expected[index], found[index])
        return Divergence.Element(
            index: index, coordinates: coordinates, expected: "\(Float(bitPattern: old))",
            found: "\(Float(bitPattern: new))", expectedBits: HexFloat.string(bits: old),
            foundBits: HexFloat.string(bits: new), ulp: UnitsInLastPlace.distance(old, new))
    }

    private static func firstIndex<Value: Equatable>(_ a: [Value], _ b: [Value]) -> Int? {
        guard a.count == b.count else { return nil }
        return a.indices.first { a[$0] != b[$0] }
    }

    private static func describe(_ value: TraceValue) -> String {
        switch value {
        case .digest(let digest): digest.hex
        case .float32(let bits): "\(bits.count) × F32"
        case .float64(let bits): "\(bits.count) × F64"
        case .integers(let values): "\(values.count) integers"
        case .text(let words): "\(words.count) words"
        case .tensors(let tensors): "\(tensors.count) tensors with the root \(tensors.root)"
        }
    }
}
