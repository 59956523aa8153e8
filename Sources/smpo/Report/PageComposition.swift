import Audit
import Comparison
import Compute
import Core
import Ledger
import Pages
import Preferences
import Training

/// Puts the sections of a run into a page.
struct PageComposition {
    /// Whether pictures are drawn by the models.
    let drawsSamples: Bool
    let engine: Engine

    /// What the record of the run itself shows.
    func record(
        of run: Run, matches: [LatentFigures.Match]? = nil, drift: [StepDrift]? = nil, difference: Int?
    ) throws -> [Finding] {
        func part(_ finding: Result<Finding, Run.Missing>, _ key: String, _ title: String) -> Finding {
            switch finding {
            case .success(let finding): finding
            case .failure(let missing): .missing(key, title, missing.why)
            }
        }
        let latents = try run.latents(matches, drift: drift, difference: difference).map(\.finding)
        var parts = [
            part(latents, LatentFigures.key, LatentFigures.title),
            part(try run.labels().map(\.finding), LabelFigures.key, LabelFigures.title),
        ]
        let margins = MarginCurve(run.records, meaning: meaning(of: try run.recipe.objective.kind))
        parts.append(
            margins?.finding
                ?? MarginCurve.missing(
                    run.records.isEmpty
                        ? "no step is recorded here" : "the objective compares nothing: its loss has no logits"))
        let (key, title) = ("samples", "Samples before and after")
        guard drawsSamples else {
            return parts + [.missing(key, title, "pictures are drawn with --samples, which takes a while")]
        }
        let bar = ProgressBar(total: 2, unit: "model")
        defer { bar.finish() }
        return parts + [part(try run.samples(engine, key, title) { bar.update($0) }, key, title)]
    }

    private func meaning(of objective: ObjectiveKind) -> MarginCurve.Meaning {
        if objective.samplesPerItem == 1 { return .pictures }
        return objective.usesReference ? .againstReference : .pairs
    }

    /// The parts of a run's record that nobody has checked.
    func omissions(_ run: Run) throws -> [Finding.Omission] {
        var list: [Finding.Omission] = []
        if run.signers.known.isEmpty {
            list.append(
                .init(
                    "who made the run",
                    run.signers.unknown.isEmpty
                        ? "nobody has signed it" : "it is signed, but by no key that is known here; --trust names one"))
        }
        if run.ledger == nil {
            list.append(.init("values of latents, checkpoints", "the ledger here does not hold the run"))
        }
        if run.manifest.outcome == nil {
            list.append(.init("the end of the run", "it is not finished, or its manifest states no outcome"))
        }
        if let trace = try run.traces(of: 1).last {
            let phases = trace.record.phases.filter { $0.tensors != nil && trace.tensors[$0.phase] == nil }
            if !phases.isEmpty {
                list.append(
                    .init(
                        "single tensors of \(phases.map(\.phase.rawValue).joined(separator: ", "))",
                        "their digests were not kept; the root over all of a phase is what is compared"))
            }
        } else {
            list.append(.init("single steps", "no record of a step is here, only what the run came to"))
        }
        if case .failure(let missing) = run.data { list.append(.init("the data", missing.why)) }
        return list
    }
}
