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
    /// Each item's logit.
    package let logits: Logits

    /// Reads a record.
    package init(_ record: StepRecord) {
        step = record.step
        loss = record[Entries.Loss.loss]
        gradientNorm = record[Entries.Gradient.norm]
        clipFactor = record[Entries.Update.clipFactor]
        learningRate = record[Entries.Update.learningRate]
        logits = Logits(record.values(Entries.Loss.logits))
    }

    /// Those that there are, by the names under which they are exported.
    package var named: [(name: String, value: Double)] {
        let all: [(String, Double?)] = [
            ("loss", loss.map(Double.init)), ("gradient_norm", gradientNorm.map(Double.init)),
            ("clip_factor", clipFactor.map(Double.init)), ("learning_rate", learningRate), ("margin", logits.margin),
            ("implicit_accuracy", logits.accuracy),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }
}
