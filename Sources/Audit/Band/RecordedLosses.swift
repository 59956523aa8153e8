import Comparison
import Digests
import Ledger
import Preferences
import Tensors
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
        var values: [Float] = []
        for (name, item) in zip(names, items) {
            let errors = floats(name + ".errors")
            let reference = objective.usesReference ? floats(name + ".reference errors") : []
            guard let errors, let reference, errors.count == objective.samplesPerItem,
                !objective.usesReference || reference.count == errors.count
            else {
                return Divergence(
                    step: recorded.record.step, phase: .loss, tensor: name,
                    expected: "\(objective.samplesPerItem) errors of each network",
                    found: "\(errors ?? []) and \(reference ?? [])")
            }
            let loss = objective.loss(ItemErrors(model: errors, reference: reference, weight: item.weight))
            let wrong =
                difference(name + ".difference", loss.difference) ?? difference(name + ".inside", loss.inside)
                ?? difference(name, loss.value)
            if let wrong { return wrong }
            values.append(loss.value)
        }
        return difference("loss", engine.sum(Tensor(values, shape: [values.count])) / Float(values.count))
    }
}
