import Comparison
import Compute
import Core
import Ledger
import Training

/// Compares two recorded runs: their manifests, their traces, and the operators of the first step that differs, which
/// are recorded or are run again side by side.
package struct RunComparison {
    package let workspace: Workspace
    package let engine: Engine
    /// Whether the first step that differs may be run again, by both manifests.
    package let reruns: Bool

    /// A comparison of runs of `workspace`.
    package init(workspace: Workspace, engine: Engine, reruns: Bool = true) {
        self.workspace = workspace
        self.engine = engine
        self.reruns = reruns
    }

    /// Compares `left` and `right`; of runs that do not hold it is said, and nothing compared. - Throws:
    /// `Run.UnknownRun`, and errors of opening what a step needs.
    package func compare(_ left: String, _ right: String) throws -> RunDifference {
        do {
            return try compareVerified(left, right)
        } catch let error as TamperError {
            var result = RunDifference(left: left, right: right)
            (result.tampering, result.cause) = (error.description, .tampering)
            result.notCompared = ["anything: a run that does not hold says nothing"]
            return result
        }
    }

    private func compareVerified(_ left: String, _ right: String) throws -> RunDifference {
        let (old, new) = (try Run(left, in: workspace), try Run(right, in: workspace))
        var result = RunDifference(left: left, right: right)
        // Runs are not the same where the model that one handed over is no longer that of its outcome.
        for run in [old, new] { _ = try run.checkTrainedFolder() }
        result.inputs = DocumentDifference.all(old.manifest.inputs.json, new.manifest.inputs.json)
        result.circumstances = DocumentDifference.all(
            old.manifest.circumstances.json, new.manifest.circumstances.json)
        if result.contracts != nil {
            result.notCompared = ["steps and outcomes: they are of two contracts"]
            return result
        }
        if let left = old.outcomes.first?.outcome, let right = new.outcomes.first?.outcome {
            result.comparesOutcomes = true
            result.outcome = RunComparison.differences(left, right)
        } else {
            result.notCompared.append("what the runs came to: not both are finished")
        }
        try compareSteps(old, new, &result)
        guard let divergence = result.divergence else { return result }
        result.cause = RunComparison.cause(result.inputs.map(\.path), divergence.phase)
        try compareOperators(old, new, divergence, &result)
        return result
    }

    private static func differences(_ left: ManifestOutcome, _ right: ManifestOutcome) -> [DocumentDifference] {
        func document(_ outcome: ManifestOutcome) -> JSONValue {
            .object(JSONObject(outcome.members.map { ($0.name, .string($0.value)) }))
        }
        return DocumentDifference.all(document(left), document(right))
    }

    private func compareSteps(_ old: Run, _ new: Run, _ result: inout RunDifference) throws {
        let counts = (old.recordedSteps, new.recordedSteps)
        result.commonSteps = min(counts.0, counts.1)
        if counts.0 != counts.1 {
            let (longer, first, last) = (
                counts.0 > counts.1 ? result.left : result.right, result.commonSteps + 1, max(counts.0, counts.1)
            )
            result.unlike.append("steps \(first)..\(last) of \(longer)")
        }
        if result.commonSteps == 0 {
            result.notCompared.append("the steps: \(counts.0 == 0 ? result.left : result.right) has no records of any")
        }
        for step in 1...max(1, result.commonSteps) where step <= result.commonSteps {
            guard let oldRecord = old.records(of: step).first, let newRecord = new.records(of: step).first else {
                return
            }
            if step > 1, oldRecord == newRecord {
                result.equalSteps = step
                continue
            }
            guard let left = try old.traces(of: step).first, let right = try new.traces(of: step).first else { return }
            let names = (Set(left.record.phases.map(\.phase)), Set(right.record.phases.map(\.phase)))
            if step == 1 {
                for (run, phases) in [
                    (result.left, names.0.subtracting(names.1)), (result.right, names.1.subtracting(names.0)),
                ]
                where !phases.isEmpty {
                    let list = phases.sorted().map(\.rawValue).joined(separator: ", ")
                    result.unlike.append("phases of \(run): \(list)")
                }
            }
            let common = names.0.intersection(names.1)
            if let divergence = TraceComparison.firstDifference(
                expected: try left.only(common), found: try right.only(common))
            {
                result.divergence = divergence
                if step < result.commonSteps {
                    result.notCompared.append("steps after \(step): a difference reaches all that follows")
                }
                if divergence.tensor == TraceEntry.tensorsName {
                    result.notCompared.append(
                        "single tensors of \(divergence.phase.rawValue): their digests were not kept (--record steps)")
                }
                return
            }
            result.equalSteps = step
        }
    }

    /// The cause of a difference in `phase`, given the inputs that differ: what acts there comes before what acts
    /// elsewhere; with equal inputs it is nothing that the manifests name. Latents follow from the other inputs, unless they
    /// alone are others.
    static func cause(_ paths: [String], _ phase: Phase) -> Cause {
        let others = paths.filter { $0 != "digests.latents" }
        let candidates = Set((others.isEmpty ? paths : others).map(cause(ofInput:)))
        let order: [Cause] =
            switch phase.source {
            case .data: [.data, .seed, .recipe, .model]
            case .stream: [.seed, .recipe, .data, .model]
            case .model: [.model, .recipe, .numerics, .seed, .data]
            case .settings: [.recipe, .data, .model, .numerics, .seed]
            }
        return order.first(where: candidates.contains) ?? candidates.first ?? .environment
    }

    private static func cause(ofInput path: String) -> Cause {
        switch path {
        case "seed", "recipe.seed": .seed
        case "digests.labels", "digests.latents": .data
        case _ where path.hasPrefix("digests.data"): .data
        case "backend": .numerics
        case _ where path.hasPrefix("openblas"): .numerics
        default: path.hasPrefix("digests.model") || path == "digests.schedule" ? .model : .recipe
        }
    }

    private func compareOperators(
        _ old: Run, _ new: Run, _ divergence: Divergence, _ result: inout RunDifference
    ) throws {
        let step = divergence.step
        if let left = try old.operators(of: step), let right = try new.operators(of: step) {
            result.operators = OperatorComparison.firstDifference(
                step: step, expected: left, found: right, reference: result.left)
            result.notes.append("\(left.count) and \(right.count) recorded operators of step \(step)")
            return
        }
        guard divergence.phase > .timestep else {
            return result.notCompared.append("operators: the runs part before any has run")
        }
        guard reruns else { return result.notCompared.append("operators: --no-rerun") }
        if let difference = old.difference(from: engine.contract) {
            return result.notCompared.append("operators: \(difference)")
        }
        guard [old, new].allSatisfy({ $0.manifest.inputs.backend == ManifestInputs.referenceBackend }) else {
            return result.notCompared.append("operators: a run of another backend is not replayed")
        }
        let (first, second) = (
            try StepReplay(old, step: step, engine: engine), try StepReplay(new, step: step, engine: engine)
        )
        let (left, right) = (try first.run(engine), try second.run(engine))
        for (run, found) in [(old, left), (new, right)] {
            let isSame = run.records(of: step).allSatisfy { $0 == found.trace.record }
            result.notes.append(
                "step \(step) of \(run.name) run again here: \(isSame ? "as recorded" : "NOT as recorded")")
        }
        result.operators = OperatorComparison.firstDifference(
            step: step, expected: left.operators, found: right.operators, reference: result.left)
        guard let found = result.operators else {
            result.notes.append("\(left.operators.count) operators of both, run again here, are equal")
            return
        }
        guard found.kind == .outputs else { return }
        let place = OperatorTracer.Place(section: found.sectionIndex, index: found.index)
        result.operators?.element = Localizer.firstElement(
            try first.run(engine, keeping: place).outputs, try second.run(engine, keeping: place).outputs)
    }
}
