import Audit
import Compute
import Core
import Ledger
import Reports
import Training

/// Puts the sections of a run into a page.
struct PageComposition {
    /// Whether pictures are drawn by the models.
    let drawsSamples: Bool
    let engine: Engine

    /// Adds what a comparison of steps says, or why there is none.
    func addDrift(_ drift: [StepDrift]?, names: PageSides = .replay, why: String, to page: inout ReportPage) {
        guard let drift, !drift.isEmpty else {
            for (key, title) in [
                ("drift", "Drift in units of the last place"), ("layers", "Layers that differ"),
                ("phases", "Phases that differ"),
            ] {
                page.miss(key, title, why)
            }
            return
        }
        page.add(DriftPlot(drift, names: names))
        if let map = StepHeatMap(.layers, of: drift) {
            page.add(map)
        } else {
            page.miss(
                "layers", "Layers that differ",
                "the digests of single tensors were not kept (--record steps), only the root over all weights")
        }
        if let map = StepHeatMap(.phases, of: drift) { page.add(map) }
    }

    /// Adds what the record of the run itself shows.
    func addRecord(
        of run: Run, matches: [LatentSection.Match]? = nil, drift: [StepDrift]? = nil, difference: Int?,
        to page: inout ReportPage
    ) throws {
        func add<Section: PageSection>(
            _ section: Result<Section, Run.Missing>, _ key: String, _ title: String
        ) {
            switch section {
            case .success(let section): page.add(section)
            case .failure(let missing): page.miss(key, title, missing.why)
            }
        }
        add(try run.latents(matches, drift: drift, difference: difference), "latents", "Inverted latents")
        add(try run.labels(), "labels", "Labels and reward gaps")
        if let margins = try MarginSection(run.records, meaning: meaning(of: run.recipe.objective.name)) {
            page.add(margins)
        } else {
            page.miss(
                "margin", "Margin and implicit accuracy",
                run.records.isEmpty
                    ? "no step is recorded here" : "the objective compares nothing: its loss has no logits")
        }
        if drawsSamples {
            let bar = ProgressBar(total: 2, unit: "model")
            add(try run.samples(engine) { bar.update($0) }, "samples", "Samples before and after")
            bar.finish()
        } else {
            page.miss("samples", "Samples before and after", "pictures are drawn with --samples, which takes a while")
        }
    }

    private func meaning(of objective: Recipe.Objective.Name) -> MarginSection.Meaning {
        switch objective {
        case .smpo, .dpo, .inpo: .againstReference
        case .mapo, .pickscore, .sft: .pairs
        case .kto: .pictures
        }
    }

    /// What nobody has checked of a run's record.
    func omissions(_ run: Run) throws -> [ReportPage.Omission] {
        var list: [ReportPage.Omission] = []
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
