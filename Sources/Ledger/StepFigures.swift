import Core

/// The numbers of a step that people follow, read from its record. A record has those that its objective has.
package struct StepFigures: Sendable, Equatable {
    /// The step, counted from 1.
    package let step: Int
    /// The mean of the items' losses.
    package let loss: Float?
    /// The norm of all gradients before clipping, and what clipping multiplied them by.
    package let gradientNorm: Float?, clipFactor: Float?
    /// The learning rate of the update.
    package let learningRate: Double?
    /// Each item's logit: a positive one prefers the winner (KTO: rates a picture as people did). Empty without preference.
    package let logits: [Float]

    /// Reads a record.
    package init(_ record: StepRecord) {
        step = record.step
        loss = StepFigures.float(record[.loss]?["loss"])
        gradientNorm = StepFigures.float(record[.gradient]?["norm"])
        clipFactor = StepFigures.float(record[.update]?["clip factor"])
        if case .float64(let bits)? = record[.update]?["learning rate"]?.value, bits.count == 1 {
            learningRate = Double(bitPattern: bits[0])
        } else {
            learningRate = nil
        }
        logits = (record[.loss]?.entries ?? []).filter { $0.name.hasSuffix(".inside") }.compactMap(
            StepFigures.float)
    }

    /// The mean of the logits; nil where there is none.
    package var margin: Double? {
        logits.isEmpty ? nil : logits.reduce(0) { $0 + Double($1) } / Double(logits.count)
    }

    /// The share of logits above 0; nil where there is none.
    package var implicitAccuracy: Double? {
        logits.isEmpty ? nil : Double(logits.count { $0 > 0 }) / Double(logits.count)
    }

    /// Those that there are, by the names under which they are exported.
    package var named: [(name: String, value: Double)] {
        let all: [(String, Double?)] = [
            ("loss", loss.map(Double.init)), ("gradient_norm", gradientNorm.map(Double.init)),
            ("clip_factor", clipFactor.map(Double.init)), ("learning_rate", learningRate), ("margin", margin),
            ("implicit_accuracy", implicitAccuracy),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }

    private static func float(_ entry: TraceEntry?) -> Float? {
        guard case .float32(let bits)? = entry?.value, bits.count == 1 else { return nil }
        return Float(bitPattern: bits[0])
    }
}
