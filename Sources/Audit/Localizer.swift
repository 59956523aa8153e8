import Comparison
import Compute
import Core
import Ledger
import Training

/// Names the operator at which a diverged step first goes another way.
///
/// Where the run was recorded at the level `operators`, the record says what every operator took and gave. Beside it,
/// or without it, the step is run on another instruction set of this machine: on the reference backend both must agree,
/// so an operator at which they do not is wrong on one of them, and its numbers are known from both.
struct Localizer {
    /// The operator found, and what was tried.
    struct Localization {
        /// The first operator that differs, if one was found.
        var divergence: OperatorDivergence?
        /// The cause, as far as the operators tell.
        var cause: Cause
        /// Notes on the operators that were compared, and on those that were not.
        var notes: [String] = []
    }

    /// Operators of a pass on the slowest instruction set are waited for as long as a pass on this one takes at most
    /// this long, in seconds: the slowest is some thirty times slower.
    static let patience = 8.0

    let run: Run
    let engine: Engine

    /// Looks into step `step`, whose replay was not what was recorded.
    func find(step: Int) throws -> Localization {
        let replay = try StepReplay(run, step: step, engine: engine)
        let begin = ContinuousClock.now
        let here = try replay.run(engine)
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        var finding = Localization(cause: .environment)
        let recorded = try run.operators(of: step)
        if let recorded {
            finding.notes.append("\(recorded.count) recorded operators of step \(step)")
            finding.divergence = OperatorComparison.firstDifference(
                step: step, expected: recorded, found: here.operators, reference: "the record")
            if finding.divergence?.kind == .outputs { finding.cause = .numerics }
        }
        try compareInstructionSets(replay, here, recorded, seconds, &finding)
        if recorded == nil, finding.divergence == nil {
            finding.notes.append(
                "the run was not recorded with --record operators: what each operator came to then is not known")
        }
        return finding
    }

    private func compareInstructionSets(
        _ replay: StepReplay, _ here: StepReplay.Result, _ recorded: OperatorTrace?, _ seconds: Double,
        _ finding: inout Localization
    ) throws {
        // What a device came to is held against the processor's widest set, that against the next.
        guard let other = ISA.supported.filter({ !engine.isOnHost || $0 != engine.isa }).last else { return }
        guard other != .baseline || seconds < Localizer.patience else {
            finding.notes.append("the step was not run on \(other): it would take some \(Int(seconds * 30)) seconds")
            return
        }
        let second = Engine(isa: other, workers: engine.pool.workers)
        defer { second.stop() }
        let there = try replay.run(second)
        let difference = OperatorComparison.firstDifference(
            step: replay.step, expected: there.operators, found: here.operators, reference: "\(other)")
        guard let difference else {
            finding.notes.append("\(here.operators.count) operators on \(engine.place), equal to those on \(other)")
            if !engine.isOnHost {
                finding.notes.append(
                    "these are of a second run of the step: if the record is of the CPU's bits, the first was wrong here. "
                        + "Audit on the CPU to know")
            }
            return
        }
        finding.notes.append("the operators on \(engine.place) and on \(other) are not equal")
        finding.cause = .numerics
        // The record knows better which of them is wrong; the numbers are those of both.
        if finding.divergence == nil { finding.divergence = difference }
        guard let divergence = finding.divergence, divergence.kind == .outputs,
            divergence.sectionIndex == difference.sectionIndex, divergence.index == difference.index,
            recorded == nil || there.operators.outputs(difference) == recorded?.outputs(difference)
        else { return }
        let place = OperatorTracer.Place(section: difference.sectionIndex, index: difference.index)
        let (expected, found) = (
            try replay.run(second, keeping: place).outputs, try replay.run(engine, keeping: place).outputs
        )
        finding.divergence?.element = Localizer.firstElement(expected, found)
    }

    /// The first number that differs between two operators' results.
    static func firstElement(
        _ expected: [Tensor], _ found: [Tensor]
    ) -> (output: Int, element: Divergence.Element)? {
        for (output, (old, new)) in zip(expected, found).enumerated() where old.shape == new.shape {
            if let element = TraceComparison.firstElement(
                old.floats.map(\.bitPattern), new.floats.map(\.bitPattern), shape: old.shape)
            {
                return (output, element)
            }
        }
        return nil
    }
}

extension OperatorTrace {
    /// The digest of the outputs of the operator at which `divergence` is.
    fileprivate func outputs(_ divergence: OperatorDivergence) -> Digest? {
        guard sections.indices.contains(divergence.sectionIndex),
            sections[divergence.sectionIndex].operators.indices.contains(divergence.index)
        else { return nil }
        return sections[divergence.sectionIndex].outputs(divergence.index)
    }
}
