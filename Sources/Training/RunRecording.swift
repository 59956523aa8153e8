import Checkpoints
import Compute
import Core
import Ledger

/// Runs a session and records every step, its latents and its checkpoints.
package struct RunRecording {
    /// What is run.
    package let session: TrainingSession
    /// Where runs live.
    package let workspace: Workspace
    /// What is noted and not allowed to matter.
    package private(set) var circumstances: ManifestCircumstances
    /// How much a new run keeps beside its records; a resumed one keeps what it kept.
    package let level: RecordLevel
    /// Who looks at the run between its steps.
    package let spectators: [any RunSpectator]
    /// Whether the values of latents and gradients are kept: what a replay within a band is held against.
    package let keepsGradients: Bool

    /// A recording of `session` in `workspace`. A session with a band keeps its gradients without being asked.
    package init(
        session: TrainingSession, workspace: Workspace, circumstances: ManifestCircumstances,
        level: RecordLevel = .tensors, spectators: [any RunSpectator] = [], keepsGradients: Bool = false
    ) {
        self.session = session
        self.keepsGradients = keepsGradients || session.band != nil
        self.workspace = workspace
        self.circumstances = circumstances
        self.circumstances.inputNotes = session.inputNotes
        self.level = level
        self.spectators = spectators
    }

    /// How a recording ended.
    package enum Ending {
        /// All steps are done; the manifest is written.
        case finished(Manifest)
        /// Stopped after a whole step; the run can be resumed.
        case interrupted(run: String, step: Int)
    }

    /// Records a new run under `name`, or the next free name. `onStep` sees each step; `shouldStop` is asked after it.
    package func record(
        name: String?, taken: [String], started: (String) -> Void, onStep: (Int, StepLosses) -> Void,
        shouldStop: () -> Bool
    ) throws -> Ending {
        let ledger = try workspace.openLedger()
        let recorder = try ledger.createRun(
            inputs: session.inputs, circumstances: circumstances, name: name, taken: taken, level: level)
        started(recorder.name)
        try recorder.record(session.data.ledgerItems)
        try session.trainer.ranks.begin(.anew)
        return try run(recorder, onStep: onStep, shouldStop: shouldStop)
    }

    /// Takes up an unfinished run after its last checkpoint, or from the start if it has none. Of a finished one, whose
    /// process may have ended before it wrote the manifest, the manifest is written again.
    /// - Throws: `TamperError` when the last checkpoint is not what the run came to.
    package func resume(
        run name: String, onStep: (Int, StepLosses) -> Void, shouldStop: () -> Bool
    ) throws -> Ending {
        let ledger = try workspace.openLedger()
        let steps = try requireInputs(of: name, ledger)
        let last = try ledger.checkpoints(of: name).filter { $0.part == "state" }.max { $0.step < $1.step }
        var state: Checkpoint?
        if let last {
            try workspace.objects.verify(last.object)
            let file = try TrainingCheckpoint.open(
                last, of: steps, run: name, workspace: workspace, engine: session.trainer.model.engine)
            try TrainingCheckpoint.restore(file, into: session.trainer)
            state = file
        }
        let isFinished = try ledger.run(name).state == .finished
        try session.trainer.ranks.begin(
            isFinished ? .finished : state == nil ? .anew : .resumed, isFinished ? nil : state)
        if isFinished { return .finished(try complete(name, ledger)) }
        let recorder = try ledger.resumeRun(name, afterStep: last?.step ?? 0)
        return try run(recorder, onStep: onStep, shouldStop: shouldStop)
    }

    /// The session's inputs must be those that `run` was begun with, digest by digest. Gives the run's steps.
    private func requireInputs(of run: String, _ ledger: LedgerStore) throws -> [StoredStep] {
        var steps: [StoredStep] = []
        let recorded = try ledger.verify(run, objects: nil) { steps.append($0) }.manifest.inputs
        guard recorded.digest != session.inputs.digest else { return steps }
        guard utf8Equal(recorded.contract, session.inputs.contract) else {
            throw TrainingError.mismatch(
                what: "the contract of \(run)", expected: recorded.contract, found: session.inputs.contract,
                hint: "only a program that computes by the recorded one can go on with the run")
        }
        let names = Set(recorded.digests.keys).union(session.inputs.digests.keys).sorted(by: utf8Less)
            .filter { recorded.digests[$0] != session.inputs.digests[$0] }
        func text(_ inputs: ManifestInputs) -> String {
            guard let name = names.first else { return inputs.digest.hex }
            return "\(name) \(inputs.digests[name]?.hex ?? "not there")"
        }
        throw TrainingError.mismatch(
            what: "the inputs of \(run)", expected: text(recorded), found: text(session.inputs),
            hint: names.isEmpty
                ? "the recipe has changed since"
                    + (session.recipe.backend == .reference ? "" : ", or OpenBLAS or the number of workers")
                : "changed since the run was begun: \(names.joined(separator: ", ")); put the old files back")
    }

    /// Writes the manifest of a finished run, whose last state has been put back into the trainer.
    private func complete(_ name: String, _ ledger: LedgerStore) throws -> Manifest {
        let manifest = try ledger.verify(name).manifest
        let found = try session.trainer.weightsDigest()
        guard let outcome = manifest.outcome, outcome.weightsDigest == found else {
            throw TamperError(
                file: workspace.ledger, run: name, step: session.trainer.steps, field: "the checkpoint's weights",
                expected: manifest.outcome?.weightsDigest.hex ?? "an outcome", found: found.hex)
        }
        return try written(manifest)
    }

    private func written(_ manifest: Manifest) throws -> Manifest {
        // What says the same of the run stays as it is: that it became golden since, and signatures, stand on its bytes.
        if let other = try? Manifest.read(workspace.manifest(manifest.run)), other.run == manifest.run,
            other.inputs == manifest.inputs, other.outcome == manifest.outcome
        {
            return other
        }
        try FileContents.makeFolder(workspace.manifests)
        try manifest.write(to: workspace.manifest(manifest.run))
        return manifest
    }

    private func run(
        _ recorder: RunRecorder, onStep: (Int, StepLosses) -> Void, shouldStop: () -> Bool
    ) throws -> Ending {
        let (trainer, recipe) = (session.trainer, session.recipe)
        let builder = TraceBuilder(
            keeps: RunRecording.kept(of: recipe, forBand: keepsGradients), engine: trainer.model.engine)
        let tracer = recorder.level >= .operators ? OperatorTracer(trainer) : nil
        // A device hashes nothing: the host does while the device computes the next step's passes.
        let isBeside = trainer.model.engine.device.hasOwnMemory && tracer == nil && trainer.ranks.isAlone
        var open: (losses: StepLosses, trace: UnfinishedTrace)?
        /// Records the step before, whose digests are there by now.
        func settle() throws {
            guard let step = open else { return }
            open = nil
            try append(step.trace, to: recorder)
            onStep(step.trace.step, step.losses)
        }
        do {
            while trainer.steps < recipe.training.steps {
                let losses: StepLosses
                let weights: Digest?
                var stops: Bool?
                if isBeside {
                    losses = try session.step(observer: builder)
                    try settle()
                    let trace = try builder.begin(trainer)
                    open = (losses, trace)
                    stops = shouldStop()
                    let isNeeded =
                        trainer.steps == recipe.training.steps
                        || recipe.record.keepsCheckpoint(after: trainer.steps)
                        || spectators.contains { trainer.steps % $0.every == 0 }
                    if !isNeeded, stops == false { continue }
                    open = nil
                    weights = try append(trace, to: recorder)
                } else {
                    (losses, weights) = try recordStep(recorder, builder, tracer)
                }
                let isLast = trainer.steps == recipe.training.steps
                let isKept = isLast || recipe.record.keepsCheckpoint(after: trainer.steps)
                if isKept { try checkpoint(recorder, after: weights) }
                onStep(trainer.steps, losses)
                try look(recorder, after: weights)
                if try !isLast && (stops ?? trainer.ranks.any(shouldStop())) {
                    if !isKept { try checkpoint(recorder, after: weights) }
                    try recorder.interrupt()
                    return .interrupted(run: recorder.name, step: trainer.steps)
                }
            }
        } catch {
            // The steps so far stay. The first error is the one to tell, so those of what follows are ignored.
            if let step = open { _ = try? append(step.trace, to: recorder) }
            try? recorder.interrupt()
            throw error
        }
        let manifest = try recorder.finish(
            weightsDigest: try trainer.weightsDigest(), files: try session.fileDigests())
        return .finished(try written(manifest))
    }

    /// Records a step, with its kept tensors; gives its weights' digest.
    @discardableResult
    private func append(_ unfinished: UnfinishedTrace, to recorder: RunRecorder) throws -> Digest? {
        let trace = try unfinished.finish()
        try recorder.append(trace, stored: try store(unfinished.kept), operators: nil)
        return trace.record.weightsDigest
    }

    /// Runs the next step and records it with its kept tensors; gives the weights digest that was recorded too.
    private func recordStep(
        _ recorder: RunRecorder, _ builder: TraceBuilder, _ tracer: OperatorTracer?
    ) throws -> (StepLosses, weights: Digest?) {
        guard let tracer else {
            let losses = try session.step(observer: builder)
            return (losses, try commit(builder, to: recorder).record.weightsDigest)
        }
        let losses = try tracer.watch { try session.step(observer: builder) }
        return (losses, try commit(builder, operators: tracer.take(), to: recorder).record.weightsDigest)
    }

    /// Lets the spectators whose turn it is look, keeps what they measured, and holds the weights against the record
    /// after each of them.
    private func look(_ recorder: RunRecorder, after weights: Digest?) throws {
        let step = session.trainer.steps
        for spectator in spectators where step % spectator.every == 0 {
            let measures = try spectator.look(session, run: recorder.name)
            try requireUntouched(weights, by: spectator.name)
            for (measure, value) in measures {
                try recorder.record(measure: "\(spectator.name)/\(measure)", value, step: step)
            }
        }
    }

    /// The weights now; they must be those that the step's record holds.
    @discardableResult
    private func requireUntouched(_ weights: Digest?, by name: String) throws -> Digest {
        let found = try session.trainer.weightsDigest()
        if let weights, weights != found {
            throw TrainingError.disturbed(step: session.trainer.steps, by: name, expected: weights, found: found)
        }
        return found
    }

    /// Records the step that `builder` has just seen, with its kept tensors; gives what was recorded.
    @discardableResult
    package func commit(
        _ builder: TraceBuilder, operators: OperatorTrace? = nil, to recorder: RunRecorder
    ) throws -> StepTrace {
        defer { builder.clearKept() }
        guard let seen = try session.trainer.ranks.gathered(try builder.seen(session.trainer)) else {
            preconditionFailure("the first rank keeps the record")
        }
        let trace = try seen.part.trace()
        try recorder.append(trace, stored: try store(seen.kept), operators: operators)
        return trace
    }

    /// The phases whose tensors a run of `recipe` keeps.
    static func kept(of recipe: Recipe, forBand: Bool = false) -> Set<Phase> {
        Phase.kept(latents: recipe.record.latents, gradients: recipe.record.gradients, forBand: forBand)
    }

    /// Puts the kept tensors of a step into one object.
    private func store(_ tensors: [TraceBuilder.Kept]) throws -> [StoredTensor] {
        guard !tensors.isEmpty else { return [] }
        let object = try workspace.objects.put { append in
            for kept in tensors { try kept.tensor.eachPiece { try append($0) } }
        }
        var offset = 0
        return tensors.map { kept in
            defer { offset += kept.tensor.byteCount }
            return StoredTensor(
                phase: kept.phase, name: kept.name, dtype: kept.tensor.dtype.rawValue, shape: kept.tensor.shape,
                object: object, offset: offset, count: kept.tensor.byteCount)
        }
    }

    private func checkpoint(_ recorder: RunRecorder, after weights: Digest?) throws {
        let object = try workspace.objects.put { try TrainingCheckpoint.stream(session.trainer, append: $0) }
        try recorder.record(
            StoredCheckpoint(
                step: session.trainer.steps, part: "state", object: object,
                digest: try requireUntouched(weights, by: "recording")))
    }
}
