import Comparison
import Digests
import Ledger
import Tensors
import Training

/// The audit of a run that a foreign backend recorded, against the band in its manifest.
///
/// Every step starts from recorded state, so differences do not add up; every recorded number is held either against its
/// bound or against its bits. The verdict `within-band` needs both, for every step that was asked for.
struct BandAudit {
    let evidence: Evidence
    let session: TrainingSession
    let workspace: Workspace
    let band: Band

    /// Replays the steps after those that `session` has done, from `facts.first` on compared, up to `facts.last`.
    func fill(
        _ report: inout AuditReport, _ facts: inout Judgement.Facts, progress: (Int, Int) throws -> Void
    ) throws {
        let replay = BandReplay(evidence: evidence, session: session, workspace: workspace)
        let (first, last) = (session.trainer.steps + 1, facts.last)
        var findings = BandFindings(band: band)
        facts.isBanded = true
        defer {
            (report.band, report.divergence) = (findings, facts.difference)
            report.judgement = Judgement(facts)
        }
        guard first <= last else { return }
        for number in first...last {
            let step: BandReplay.Step
            do {
                step = try replay.compute()
            } catch let error as RecordedStep.Missing {
                facts.obstacle = error.description
                return
            }
            findings.note(step.deviations, step: number)
            facts.difference = firstDifference(step, &findings)
            if facts.difference != nil { return }
            // Only a run whose every step has passed needs to know what the band would have let through.
            if number == last {
                findings.power = try DetectionPowerProbe(
                    session: session, bounds: band.bounds, step: step
                ).findings()
            }
            facts.difference = try replay.apply(step)
            if facts.difference != nil { return }
            report.equalSteps += 1
            if number >= facts.first { facts.compared += 1 }
            try progress(number - first + 1, last - first + 1)
        }
        try holdOutcomes(&report, &facts)
    }

    /// Numbers outside the band, unless something before them differs that has no band.
    private func firstDifference(_ step: BandReplay.Step, _ findings: inout BandFindings) -> Divergence? {
        let excess = step.deviations.first { !$0.isInside(band.bounds) }
        if let difference = step.difference, excess.map({ difference.phase <= $0.quantity.phase }) ?? true {
            return difference
        }
        findings.excess = excess
        return excess.map { excess in
            let bound = band.bounds.bound(excess.quantity, excess.name)
            return Divergence(
                step: step.recorded.trace.record.step, phase: excess.quantity.phase, tensor: excess.name,
                expected: bound.map { "at most " + BandNumber.text($0, excess.quantity) } ?? "no such tensor",
                found: BandNumber.text(excess.amount, excess.quantity))
        }
    }

    /// The outcome of a whole run must be that of the recorded steps and of the weights that they have led to.
    private func holdOutcomes(_ report: inout AuditReport, _ facts: inout Judgement.Facts) throws {
        guard !evidence.outcomes.isEmpty else {
            facts.outcome = .notStated
            return
        }
        guard facts.last == facts.demanded else { return }
        guard let chain = evidence.chain(upTo: facts.last) else {
            facts.obstacle = "the records of some steps are missing"
            return
        }
        report.chainHead = chain.head
        facts.outcome = evidence.outcome(
            against: ManifestOutcome(chain: chain, weightsDigest: try session.trainer.weightsDigest()))
    }
}
