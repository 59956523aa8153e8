import Comparison
import Compute
import Ledger
import Training

/// Does each standard tampering to a step that has been computed and not yet applied, and sees whether the audit would
/// notice. Batch and timestep count as forged to fit; the optimiser's numbers in the record too.
struct DetectionPowerProbe {
    let session: TrainingSession
    let bounds: BandBounds
    let step: BandReplay.Step

    /// The verdicts on all tamperings. The session's trainer is left as it was.
    func findings() throws -> DetectionPower {
        let number = session.trainer.steps
        let updates = UpdateTampering(trainer: session.trainer, gradients: step.recorded.values.gradients)
        let findings = try Tampering.allCases.map { tampering in
            switch tampering {
            case .sample, .timestep, .noise: try batchFinding(tampering, number)
            case .learningRate, .beta2, .weightDecay: updateFinding(tampering, updates)
            }
        }
        return DetectionPower(step: number, findings: findings)
    }

    /// The tampered numbers take the record's place; both sides are computed here, so that the band has to hold the
    /// tampering alone, without the help of the other backend's roundings.
    private func batchFinding(_ tampering: Tampering, _ number: Int) throws -> DetectionPower.Finding {
        let batches = BatchTampering(session: session, step: number)
        guard let batch = try batches.changed(step.batch, by: tampering) else {
            return .init(tampering: tampering, isCaught: false, detail: "the data hold no other sample")
        }
        session.trainer.resume(after: number - 1)
        defer { session.trainer.resume(after: number) }
        let values: StepValues
        do {
            values = try ComputedStep(batch, by: session.trainer).values
        } catch let error as TrainingError {
            return .init(tampering: tampering, isCaught: true, detail: "\(error)")
        }
        let deviations = step.computed.values.deviations(from: values)
        guard let worst = deviations.max(by: { $0.share(of: bounds) < $1.share(of: bounds) }) else {
            return .init(tampering: tampering, isCaught: false, detail: "nothing was compared")
        }
        return .init(
            tampering: tampering, isCaught: !worst.isInside(bounds),
            detail: "\(worst.quantity.phase.rawValue), \(worst.name): \(BandNumber.text(worst, bounds))")
    }

    private func updateFinding(_ tampering: Tampering, _ updates: UpdateTampering) -> DetectionPower.Finding {
        guard let change = updates.firstChange(by: tampering) else {
            return .init(
                tampering: tampering, isCaught: false,
                detail: "no bit of the update changes; the recipe in the hashed manifest says what it was")
        }
        return .init(
            tampering: tampering, isCaught: true,
            detail: "\(change.phase.rawValue), \(change.name): other bits, and the update is compared bit by bit")
    }
}
