import Comparison
import Core
import Ledger

/// The steps that are to become golden, in their order, held against those of the golden run that they replace, where that
/// is of the same contract, and against what their own manifest says of them.
struct SucceedingSteps {
    private let old: (log: GoldenLog, steps: [StoredStep])?
    private let manifest: Manifest
    private let isOfOneContract: Bool
    private var replay: Replay
    private var chain: Chain
    private var last: StepRecord?

    /// The steps of `manifest`; without `old`, or where it cannot be read, there is nothing to compare with.
    init(_ manifest: Manifest, replacing old: GoldenLog?) {
        self.manifest = manifest
        self.old = old.flatMap { log in (try? log.steps()).map { (log, $0) } }
        isOfOneContract = old.map { utf8Equal($0.manifest.inputs.contract, manifest.inputs.contract) } ?? true
        chain = Chain(inputs: manifest.inputs.digest)
        let total = manifest.outcome?.steps ?? 0
        replay = Replay(Judgement.Facts(demanded: total, last: total), .through)
    }

    /// The number of steps that were taken.
    var count: Int { chain.count }

    /// Takes the next step. - Throws: `FileError`, `TamperError` for the old one.
    mutating func take(_ step: StepTrace) throws {
        chain.append(step.record.digest)
        last = step.record
        var held = ReplayedStep(number: count, isCompared: false)
        if let old, isOfOneContract, old.steps.indices.contains(count - 1) {
            let expected = StepTrace(
                record: old.steps[count - 1].record, tensors: try old.log.tensors(of: count, in: old.steps))
            held.isCompared = true
            held.drift = StepDrift(expected: expected, found: step)
            held.divergence = TraceComparison.firstDifference(expected: expected, found: step)
        }
        replay.hold(held)
    }

    /// Checks that all steps have come, and that they are what the manifest says: their number, the recipe's, their chain
    /// and the weights after the last. `file` stands in the error. - Throws: `TamperError`.
    func requireWhole(file: String) throws {
        guard let outcome = manifest.outcome else { return }
        try outcome.check(manifest.inputs, file: file, run: manifest.run)
        try outcome.check(chain, file: file, run: manifest.run)
        if let last { try outcome.check(weightsOf: last, file: file, run: manifest.run) }
    }

    /// Their differences from the golden run that they replace.
    var drift: Drift {
        var drift = Drift(run: manifest.run)
        drift.inputs = old.map { DocumentDifference.all($0.log.manifest.inputs.json, manifest.inputs.json) } ?? []
        (drift.steps, drift.divergence) = (replay.drifts, replay.facts.difference)
        return drift
    }
}
