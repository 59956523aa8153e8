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
        _ recorded: StepTrace, items: [TrainingBatch.Item], names: [ItemName], objective: any Objective, engine: Engine
    ) -> Divergence? {
        let record = recorded.record
        func difference(_ key: RecordKey<Float>, _ expected: Float?) -> Divergence? {
            guard let expected else { return nil }
            let found = record[key.phase]?[key.name].flatMap { [Float]($0.value) }
            guard found?.map(\.bitPattern) != [expected.bitPattern] else { return nil }
            return Divergence(
                step: record.step, phase: key.phase, tensor: key.name,
                expected: "\(expected) (\(HexFloat.string(expected))), which follows from the recorded errors",
                found: found.map { "\($0)" } ?? "nothing")
        }
        typealias Errors = RecordKey<[Float]>
        func errors(_ model: Errors, _ reference: Errors, count: Int, weights: [Float]) -> [ItemErrors]? {
            let reference = objective.usesReference ? record[reference] : []
            guard let model = record[model], let reference, model.count == count * weights.count,
                !objective.usesReference || reference.count == model.count
            else { return nil }
            return weights.enumerated().map { index, weight in
                let own = index * count..<(index + 1) * count
                return ItemErrors(
                    model: Array(model[own]), reference: reference.isEmpty ? [] : Array(reference[own]), weight: weight)
            }
        }
        func missing(_ name: String, _ model: Errors, _ reference: Errors, _ count: Int) -> Divergence {
            Divergence(
                step: record.step, phase: model.phase, tensor: name, expected: "\(count) errors of each network",
                found: "\(record[model] ?? []) and \(record[reference] ?? [])")
        }
        let count = objective.samplesPerItem
        var all: [ItemErrors] = []
        for (name, item) in zip(names, items) {
            let (model, reference) = (Entries.Loss.errors[name], Entries.Loss.referenceErrors[name])
            guard let own = errors(model, reference, count: count, weights: [item.weight]) else {
                return missing(name.text, model, reference, count)
            }
            all += own
        }
        var kl: Float = 0
        switch objective.klSource {
        case .none: break
        case .batch: kl = objective.kl(all)
        case .mismatched:
            let (model, reference) = (Entries.Loss.anchorErrors, Entries.Loss.anchorReferenceErrors)
            guard let others = errors(model, reference, count: count, weights: items.map(\.weight)) else {
                return missing(Entries.Loss.anchor.name, model, reference, count * items.count)
            }
            kl = objective.kl(others)
        }
        if objective.klSource != .none, let wrong = difference(Entries.Loss.anchor, kl) { return wrong }
        var values: [Float] = []
        for (name, errors) in zip(names, all) {
            let loss = objective.loss(errors.against(kl: kl))
            let wrong =
                difference(Entries.Loss.differences[name], loss.difference)
                ?? difference(Entries.Loss.logits[name], loss.logit)
                ?? difference(Entries.Loss.items[name], loss.value)
            if let wrong { return wrong }
            values.append(loss.value)
        }
        return difference(Entries.Loss.loss, engine.sum(of: values) / Float(values.count))
    }
}
