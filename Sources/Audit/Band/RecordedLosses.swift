import Comparison
import Compute
import Core
import Ledger
import Preferences
import Training

/// Losses, logits and differences are computed from the errors by kernels that every backend shares: the recorded ones
/// follow from the recorded errors bit by bit.
enum RecordedLosses {
    /// The first number of the phase `loss` that does not follow from the recorded errors, or nil.
    static func firstDifference(
        _ recorded: StepTrace, items: [TrainingBatch.Item], names: [String], objective: any Objective, engine: Engine
    ) -> Divergence? {
        let phase = recorded.record[.loss]
        func floats(_ name: String) -> [Float]? {
            guard case .float32(let bits)? = phase?[name]?.value else { return nil }
            return bits.map(Float.init(bitPattern:))
        }
        func difference(_ name: String, _ expected: Float?) -> Divergence? {
            guard let expected else { return nil }
            let found = floats(name)
            guard found?.map(\.bitPattern) != [expected.bitPattern] else { return nil }
            return Divergence(
                step: recorded.record.step, phase: .loss, tensor: name,
                expected: "\(expected) (\(HexFloat.string(expected))), which follows from the recorded errors",
                found: found.map { "\($0)" } ?? "nothing")
        }
        func errors(of name: String, count: Int, weights: [Float]) -> [ItemErrors]? {
            let reference = objective.usesReference ? floats(name + ".reference errors") : []
            guard let model = floats(name + ".errors"), let reference, model.count == count * weights.count,
                !objective.usesReference || reference.count == model.count
            else { return nil }
            return weights.enumerated().map { index, weight in
                let own = index * count..<(index + 1) * count
                return ItemErrors(
                    model: Array(model[own]), reference: reference.isEmpty ? [] : Array(reference[own]), weight: weight)
            }
        }
        func missing(_ name: String, _ count: Int) -> Divergence {
            Divergence(
                step: recorded.record.step, phase: .loss, tensor: name, expected: "\(count) errors of each network",
                found: "\(floats(name + ".errors") ?? []) and \(floats(name + ".reference errors") ?? [])")
        }
        let count = objective.samplesPerItem
        var all: [ItemErrors] = []
        for (name, item) in zip(names, items) {
            guard let own = errors(of: name, count: count, weights: [item.weight]) else { return missing(name, count) }
            all += own
        }
        var kl: Float = 0
        switch objective.klSource {
        case .none: break
        case .batch: kl = objective.kl(all)
        case .mismatched:
            let weights = items.map(\.weight)
            guard let others = errors(of: "kl", count: count, weights: weights) else {
                return missing("kl", count * items.count)
            }
            kl = objective.kl(others)
        }
        if objective.klSource != .none, let wrong = difference("kl", kl) { return wrong }
        var values: [Float] = []
        for (name, errors) in zip(names, all) {
            let loss = objective.loss(errors.against(kl: kl))
            let wrong =
                difference(name + ".difference", loss.difference) ?? difference(name + ".inside", loss.inside)
                ?? difference(name, loss.value)
            if let wrong { return wrong }
            values.append(loss.value)
        }
        return difference("loss", engine.sum(Tensor(values, shape: [values.count])) / Float(values.count))
    }
}
