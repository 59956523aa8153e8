import Comparison
import Compute
import Ledger
import Training

/// Replays a run that another backend recorded, step by step from recorded state: each step is computed from the state
/// that the recorded gradients have led to, its numbers are measured against the recorded ones, and the recorded
/// gradients then go through the trainer's own update, which must give the recorded state bit by bit.
struct BandReplay {
    let run: Run
    let session: TrainingSession

    /// Phases that every backend computes alike: those before the networks run, and those from the gradients on. (The
    /// gradients are the recorded ones when they are compared: their norm must follow from them.)
    private static let before = exact { $0 < .gradient }
    private static let after = exact { $0 >= .gradient }

    private static func exact(_ isAsked: (Phase) -> Bool) -> Set<Phase> {
        Set(Phase.allCases.filter { $0.criterion == .bits && isAsked($0) })
    }

    /// A step that has been computed and not yet applied.
    struct Step {
        let batch: TrainingBatch
        let computed: ComputedStep
        let recorded: RecordedStep
        /// The first difference in what every backend computes alike, or value that is no number.
        let difference: Divergence?
        /// The distances of the recorded numbers, in the order of the phases.
        let deviations: [Deviation]
    }

    /// Computes the next step. - Throws: `RecordedStep.Missing` and what `ComputedStep` and `RecordedStep` throw.
    func compute() throws -> Step {
        let trainer = session.trainer
        let step = trainer.steps + 1
        let batch = try session.batches.batch(step)
        let computed = try ComputedStep(batch, by: trainer)
        let recorded = try RecordedStep(step, of: run, like: computed.values)
        let start = TraceComparison.firstDifference(
            expected: try recorded.trace.only(BandReplay.before),
            found: try computed.builder.begun(step: step).only(BandReplay.before))
        let items = computed.values.losses.compactMap { Entries.Loss.items.subject(of: $0.name) }
        let losses = trainer.task.denoising.flatMap {
            RecordedLosses.firstDifference(
                recorded.trace, items: batch.items, names: items, objective: $0.objective,
                engine: trainer.model.engine)
        }
        return Step(
            batch: batch, computed: computed, recorded: recorded,
            difference: start ?? recorded.firstNonFinite(on: trainer.model.engine) ?? losses,
            deviations: computed.values.deviations(from: recorded.values))
    }

    /// Applies the recorded gradients of a step whose `difference` is nil; gives what the update makes otherwise than
    /// the record says.
    func apply(_ step: Step) throws -> Divergence? {
        let trainer = session.trainer
        let gradients = Dictionary(uniqueKeysWithValues: step.recorded.values.gradients.map { ($0.name, $0.tensor) })
        for (name, parameter) in trainer.model.parameters {
            if let gradient = gradients[name] { parameter.replaceGradient(with: trainer.model.engine.placed(gradient)) }
        }
        _ = try trainer.applyGradients(observer: step.computed.builder)
        let found = try step.computed.builder.finish(trainer)
        return TraceComparison.firstDifference(
            expected: try step.recorded.trace.only(BandReplay.after), found: try found.only(BandReplay.after))
            ?? otherNames(step.recorded.trace.record, found.record)
    }

    /// The first phase of another make-up, among those of which `deviations` measures the numbers: other entries, or
    /// other names of tensors.
    private func otherNames(_ recorded: StepRecord, _ found: StepRecord) -> Divergence? {
        func makeUp(_ phase: PhaseRecord?) -> String {
            guard let phase else { return "no such phase" }
            let tensors = phase.tensors.map { ", \($0.count) tensors, their names' digest \($0.names)" } ?? ""
            return phase.entries.map(\.name).joined(separator: ", ") + tensors
        }
        for phase in Phase.allCases where phase.criterion == .band {
            let (old, new) = (makeUp(recorded[phase]), makeUp(found[phase]))
            if old != new {
                return Divergence(step: found.step, phase: phase, tensor: "its entries", expected: old, found: new)
            }
        }
        return nil
    }
}
