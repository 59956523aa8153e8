import Checkpoints
import Compute
import Core
import Diffusion
import Ledger

/// Turns what a step passes through into its record. Recording and auditing build the same records with it.
package final class TraceBuilder: StepObserver {
    /// A tensor of the step whose values are kept beside its digest.
    package struct Kept {
        /// The phase and name of its entry.
        package let phase: Phase, name: String
        /// The values.
        package let tensor: Tensor
    }

    /// Phases whose tensors are kept.
    package let keeps: Set<Phase>
    /// Tensors of the current step that are kept.
    package private(set) var kept: [Kept] = []
    private var entries: [Phase: [TraceEntry]] = [:]
    private var tensors: [Phase: [(name: String, digest: Digest)]] = [:]
    /// Digests of what each sample passed through on its way to x̃_t, in order.
    private var paths: [SampleName: [Digest]] = [:]
    /// The step before, as long as its digests may not be made.
    private var unfinished: UnfinishedTrace?
    private let engine: Engine

    /// A builder that keeps the tensors of `keeps` and hashes on the workers of `engine`.
    package init(keeps: Set<Phase> = [.inversion], engine: Engine) {
        self.keeps = keeps
        self.engine = engine
    }

    /// Adds an entry to the step.
    package func observe(_ phase: Phase, _ entry: TraceEntry) { entries[phase, default: []].append(entry) }

    /// Adds the digest of a tensor.
    package func observe(_ key: RecordKey<RecordedTensor>, _ tensor: Tensor) {
        let (phase, name) = (key.phase, key.name)
        tensors[phase, default: []].append((name, tensor.digest(named: name)))
        if keeps.contains(phase) { kept.append(Kept(phase: phase, name: name, tensor: tensor)) }
    }

    /// Digests many tensors in parallel.
    package func observe(
        _ keys: RecordKeys<ParameterName, RecordedTensor>, _ tensors: [(name: String, tensor: Tensor)]
    ) {
        let phase = keys.entry.phase
        self.tensors[phase, default: []] += tensorDigests(of: tensors, on: engine)
        // Copies: the step goes on to clip its gradients in place. A device's memory is too dear for them.
        if keeps.contains(phase) {
            kept += tensors.map { name, tensor in
                Kept(phase: phase, name: name, tensor: engine.device.hasOwnMemory ? tensor.onHost : tensor.copy())
            }
        }
    }

    /// Adds one move to the paths of its samples: the latent reached, the corrected one where ReNoise made one, and
    /// the one with fresh noise where some was added.
    package func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) {
        let names = SampleNames(items: items, samplesPerItem: 2)
        func add(_ rows: [Int], _ latents: Tensor) {
            let slices = rows.indices.map { (name: "", tensor: latents.slice($0..<$0 + 1)) }
            for (row, (_, digest)) in zip(rows, tensorDigests(of: slices, on: engine)) {
                paths[names.name(row), default: []].append(digest)
            }
        }
        add(step.rows, step.reached)
        if let correction = step.correction { add(correction.rows, correction.reached) }
        if let perturbed = step.perturbed { add(step.rows, perturbed) }
    }

    /// The trace of the step that `trainer` has just done; what was collected is let go.
    package func finish(_ trainer: Trainer) throws -> StepTrace { try begun(trainer, beside: false).finish() }

    /// What is known here of that trace, where other ranks know the rest, and the tensors that are kept.
    func seen(_ trainer: Trainer) throws -> TrainingRanks.SeenStep {
        let trace = try begun(trainer, beside: false)
        return TrainingRanks.SeenStep(part: trace.part(), kept: trace.kept)
    }

    /// The same with digests that are made while the next step's passes run; its update waits for them.
    package func begin(_ trainer: Trainer) throws -> UnfinishedTrace {
        let trace = try begun(trainer, beside: true)
        kept = []
        unfinished = trace
        return trace
    }

    private func closePaths() {
        for (sample, path) in paths {
            let key = Entries.Inversion.paths[sample]
            tensors[key.phase, default: []].append((key.name, .of(.document, path)))
        }
        paths = [:]
    }

    private func begun(_ trainer: Trainer, beside: Bool) throws -> UnfinishedTrace {
        closePaths()
        defer { (entries, tensors) = ([:], [:]) }
        var states: [(TracedState, [(name: String, tensor: Tensor)])] = []
        // An optimiser without a state has no digest.
        let state = trainer.optimizer.stateTensors
        if !state.isEmpty { states.append((.optimizer, state)) }
        if let reference = trainer.movingReference { states.append((.reference, reference.tensors)) }
        let weights = trainer.model.parameters.map { ($0.name, $0.parameter.value) }
        states.append((.weights, weights))
        if let average = trainer.average { states.append((.average, average.tensors)) }
        return UnfinishedTrace(
            step: trainer.steps, entries: entries, tensors: tensors, kept: kept, states: states, on: engine,
            beside: beside)
    }

    /// The digests of the step before are of weights that are about to change.
    package func willUpdate() {
        unfinished?.wait()
        unfinished = nil
    }

    /// What is known of the phases of a step that is not finished, without the paths of inversions.
    package func begun(step: Int) throws -> StepTrace {
        try StepTrace(step: step, entries: entries, tensors: tensors)
    }

    /// The same with them, of a step of which nothing more will be shown.
    package func begunWithPaths(step: Int) throws -> StepTrace {
        closePaths()
        return try begun(step: step)
    }

    /// Lets the kept tensors of the last step go.
    package func clearKept() { kept = [] }
}

extension Trainer {
    /// Root over all trained parameters in name order.
    package func weightsDigest() throws -> Digest {
        try Checkpoints.weightsDigest(
            of: model.parameters.map { ($0.name, $0.parameter.value) }, on: model.engine)
    }
}
