import Foundation
import Training

/// Shows a training run's steps: loss, implicit accuracy, margin, pairs a second.
final class TrainReport {
    private let bar: ProgressBar
    private let itemsPerStep: Int
    private let begin = Date()
    private let first: Int

    init(session: TrainingSession) {
        first = session.trainer.steps
        itemsPerStep = session.recipe.training.pairsPerStep
        bar = ProgressBar(total: session.recipe.training.steps, unit: "step", first: first)
    }

    func step(_ step: Int, _ losses: StepLosses) {
        let rate = Double((step - first) * itemsPerStep) / max(1e-9, Date().timeIntervalSince(begin))
        var note = String(format: "loss %.4f", losses.loss)
        if let accuracy = losses.logits.accuracy, let margin = losses.logits.margin {
            note += String(format: "  acc %.2f  margin %+.3f", accuracy, margin)
        }
        bar.update(step, note: note + String(format: "  %.1f/s", rate))
    }

    func finish() { bar.finish() }
}
