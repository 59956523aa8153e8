import Comparison
import Compute
import Core
import Ledger
import Training

/// The steps of a run that a foreign backend recorded, held against the band in its manifest.
///
/// Every step starts from recorded state, so differences do not add up; every recorded number is held either against its
/// bound or against its bits.
struct BandedSteps: ReplaySource {
    private let replay: BandReplay
    private let band: Band
    /// The part of the audit's report on the band.
    private(set) var findings: BandFindings

    /// The steps after those that `session` has done.
    init(_ run: Run, _ session: TrainingSession, band: Band) {
        replay = BandReplay(run: run, session: session)
        self.band = band
        findings = BandFindings(band: band)
    }

    var done: Int { replay.session.trainer.steps }

    /// - Throws: `RecordedStep.Missing` where what a step needs was not recorded.
    mutating func next(_ demand: ReplayDemand) throws -> ReplayedStep {
        let step = try replay.compute()
        var result = ReplayedStep(number: step.recorded.trace.record.step, isCompared: true)
        findings.note(step.deviations, step: result.number)
        result.divergence = firstDifference(step)
        guard result.divergence == nil else { return result }
        // Only a run whose every step has passed needs to know what the band would have let through.
        if demand.isLast {
            findings.power = try DetectionPowerProbe(session: replay.session, bounds: band.bounds, step: step)
                .findings()
        }
        result.divergence = try replay.apply(step)
        return result
    }

    /// The outcome of the recorded steps and of the weights that they have led to; nil where records are missing.
    func outcome() throws -> ManifestOutcome? {
        try replay.run.chain(upTo: done).map {
            ManifestOutcome(
                chain: $0, weightsDigest: try replay.session.trainer.weightsDigest(),
                files: try replay.session.fileDigests())
        }
    }

    /// Numbers outside the band, unless something before them differs that has no band.
    private mutating func firstDifference(_ step: BandReplay.Step) -> Divergence? {
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
}
