import Digests
import Ledger

/// Compares step records, phase after phase in the order in which a step passes through them.
public enum TraceComparison {
    /// The first difference between the recorded and the found step, or nil if every bit is equal.
    public static func firstDifference(expected: StepRecord, found: StepRecord) -> Divergence? {
        guard expected != found else { return nil }
        for phase in Phase.allCases {
            let (old, new) = (expected[phase], found[phase])
            guard old != new else { continue }
            if let difference = firstDifference(
                step: expected.step, phase, old?.entries ?? [], new?.entries ?? [])
            {
                return difference
            }
        }
        return nil
    }

    private static func firstDifference(
        step: Int, _ phase: Phase, _ expected: [TraceEntry], _ found: [TraceEntry]
    ) -> Divergence? {
        let names = Set(expected.map(\.name) + found.map(\.name)).sorted(by: utf8Less)
        for name in names {
            let (old, new) = (expected.first { $0.name == name }, found.first { $0.name == name })
            guard old != new else { continue }
            // Where the values agree it is the shapes that differ.
            let showsShape = old?.value == new?.value
            var difference = Divergence(
                step: step, phase: phase, tensor: name, expected: old.map { describe($0, showsShape) },
                found: new.map { describe($0, showsShape) })
            if let old, let new { difference.element = firstElement(old.value, new.value) }
            return difference
        }
        return nil
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
    public static func firstElement(_ expected: [UInt32], _ found: [UInt32], shape: [Int]?) -> Divergence.Element? {
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

    private static func describe(_ entry: TraceEntry, _ showsShape: Bool) -> String {
        let text = describe(entry.value)
        return showsShape ? "\(text) of shape \(entry.shape.map { "\($0)" } ?? "none")" : text
    }

    private static func describe(_ value: TraceValue) -> String {
        switch value {
        case .digest(let digest): digest.hex
        case .float32(let bits): "\(bits.count) × F32"
        case .float64(let bits): "\(bits.count) × F64"
        case .integers(let values): "\(values.count) integers"
        case .text(let words): "\(words.count) words"
        }
    }
}
