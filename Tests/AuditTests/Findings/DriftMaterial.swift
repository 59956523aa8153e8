import Audit
import Core
import Ledger

/// Compared steps and records to make findings of.
enum DriftMaterial {
    /// Steps that are equal up to `first`, and from there on differ in more and more of their layers.
    static func drift(steps: Int, layers: Int, first: Int?) -> [StepDrift] {
        (1...steps).map { step in
            let late = first.map { step >= $0 } ?? false
            let depth = first.map { max(0, step - $0 + 1) } ?? 0
            return StepDrift(
                step: step,
                phases: [
                    .init(name: "batch", total: 5, differing: 0),
                    .init(name: "loss", total: 81, differing: late ? min(81, depth) : 0),
                    .init(name: "weights", total: layers, differing: late ? min(layers, depth) : 0),
                ],
                layers: (0..<layers).map { layer in
                    .init(
                        name: "unet/layer.\(PaddedNumber.text(layer, digits: 4))", total: 7,
                        differing: late && layer < depth ? min(7, (step * 31 + layer * 17) % 8) : 0)
                },
                loss: .init(
                    recorded: (0.7 - Float(step) * 1e-4).bitPattern,
                    found: (0.7 - Float(step) * 1e-4).bitPattern + (late ? UInt32(depth) : 0)),
                furthest: late ? .init(name: "loss 0003.errors", ulp: UInt64(depth)) : nil)
        }
    }

    /// Records of steps whose items have these logits.
    static func records(_ logits: [[Float]], weights: [Float] = []) throws -> [StepRecord] {
        try logits.enumerated().map { index, values in
            var entries = values.enumerated().map { item, value in
                TraceEntry("\(PaddedNumber.text(item, digits: 4)).inside", value)
            }
            entries.append(TraceEntry("loss", Float(0.5)))
            return try StepRecord(
                step: index + 1,
                phases: [
                    PhaseRecord(.batch, [TraceEntry("weights", .float32(weights.map(\.bitPattern)))]),
                    PhaseRecord(.loss, entries),
                ])
        }
    }
}
