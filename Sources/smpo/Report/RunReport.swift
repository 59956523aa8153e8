import Audit
import Comparison
import Digests
import Ledger
import Reports
import Tensors

/// The page of a run: its record, and with a replay what came out again.
struct RunReport {
    let workspace: Workspace
    let engine: Engine
    let keys: [VerifyingKey]
    let requiresSignature: Bool
    let composition: PageComposition

    /// A page, and the verdict that decides the exit code: nil where nothing was replayed.
    func page(_ run: String, replays: Bool) throws -> (page: ReportPage, verdict: Verdict?) {
        let subject = replays ? "replay of a recorded run" : "record of a run"
        do {
            let evidence = try Evidence(run: run, workspace: workspace, keys: keys)
            let material = try RunMaterial(evidence, workspace: workspace)
            return replays
                ? try replayed(material, subject) : try recorded(material, subject)
        } catch let error as TamperError {
            return (tampered(run, subject, error.description), .tampered)
        } catch let error as MissingObject {
            var page = ReportPage(
                title: run, subject: subject,
                verdict: PageVerdict("incomparable", .open, "Evidence is missing: \(error). This is never a pass."))
            page.unchecked = [.init("the run", "\(error)")]
            return (page, .incomparable)
        }
    }

    /// A run that does not hold: nothing of it is shown, for nothing of it can be believed.
    private func tampered(_ run: String, _ subject: String, _ reason: String) -> ReportPage {
        var page = ReportPage(
            title: run, subject: subject,
            verdict: PageVerdict("tampered", .bad, "A hash, a chain link or a signature does not hold: \(reason)."))
        page.unchecked = [.init("everything else", "a record that does not hold says nothing, so none of it is shown")]
        return page
    }

    private func recorded(_ material: RunMaterial, _ subject: String) throws -> (ReportPage, Verdict?) {
        let evidence = material.evidence
        let isUnsigned = requiresSignature && evidence.signers.known.isEmpty
        let sources = [evidence.golden.map { _ in "golden log" }, evidence.ledger.map { _ in "ledger" }]
            .compactMap(\.self)
        let held = sources.isEmpty ? "Its manifest holds" : "Manifest and \(sources.joined(separator: " and ")) hold"
        var page = ReportPage(
            title: material.run, subject: subject,
            verdict: isUnsigned
                ? PageVerdict("incomparable", .open, "No known key has signed the run, and one was demanded.")
                : PageVerdict(
                    "recorded", .open,
                    "\(held) against themselves: every digest and every link of the chain. Nothing was replayed."))
        let why = "nothing was replayed: smpo report \(material.run) --replay does it"
        page.unchecked = [.init("that the steps come out again", why)] + (try composition.omissions(material))
        page.miss("first-difference", "First difference", why)
        add(LossPlot(recorded: evidence.records), to: &page)
        composition.addDrift(nil, why: why, to: &page)
        try composition.addRecord(of: material, difference: nil, to: &page)
        page.add(ProvenanceCard(evidence.manifest, signers: evidence.signers))
        return (page, isUnsigned ? .incomparable : nil)
    }

    private func replayed(_ material: RunMaterial, _ subject: String) throws -> (ReportPage, Verdict?) {
        let evidence = material.evidence
        let auditor = Auditor(
            workspace: workspace, engine: engine, keys: keys, requiresSignature: requiresSignature)
        let isForeign = evidence.manifest.inputs.backend != ManifestInputs.referenceBackend
        if isForeign || auditor.incomparable(evidence) != nil {
            // Its own measure is a band, or there is none: the auditor knows.
            let report = try auditor.audit(material.run)
            let document = try AuditDocument(json: JSONCursor(report.json, name: "audit"))
            let page = try AuditPage(workspace: workspace, composition: composition).page(document, material)
            return (page, report.verdict)
        }
        var matches: [LatentSection.Match] = []
        var bar: ProgressBar?
        let drift = try DriftReplay(evidence, workspace: workspace, engine: engine).run(
            progress: { done, total in
                if bar == nil { bar = ProgressBar(total: total, unit: "replayed step") }
                bar?.update(done)
            },
            trace: { found in
                guard let expected = try evidence.traces(of: found.record.step).last else { return }
                matches += material.matches(expected, found)
            })
        bar?.finish()
        let (verdict, sentence) = judge(drift, evidence)
        var page = ReportPage(
            title: material.run, subject: subject,
            verdict: PageVerdict(verdict.rawValue, verdict == .reproduced ? .good : .bad, sentence))
        page.unchecked = try composition.omissions(material)
        let first = drift.divergence?.step
        if let divergence = drift.divergence {
            var section = FirstDifference(divergence, steps: evidence.stepCount)
            section.kind = drift.kind.map { "\($0.word) – \($0.meaning)" }
            page.add(section)
            page.unchecked.append(
                .init(
                    "the operator", "this replay looked at phases; smpo audit \(material.run) names the first operator")
            )
        } else {
            page.add(NoDifference("There is none in the compared steps."))
        }
        add(LossPlot(drift.steps, firstDifference: first), to: &page)
        composition.addDrift(drift.steps, why: "no record of a step is here to compare with", to: &page)
        try composition.addRecord(of: material, matches: matches.isEmpty ? nil : matches, difference: first, to: &page)
        page.add(ProvenanceCard(evidence.manifest, signers: evidence.signers))
        return (page, verdict)
    }

    /// Reproduced if every step and what the run came to is as recorded.
    private func judge(_ drift: Drift, _ evidence: Evidence) -> (Verdict, String) {
        let equal = drift.steps.count(where: \.isEqual)
        if drift.divergence != nil {
            return (
                .diverged, "\(equal) of \(drift.steps.count) replayed steps are equal to their record in every phase."
            )
        }
        if let found = drift.found,
            let other = evidence.outcomes.first(where: {
                $0.outcome.chainHead != found.chainHead || $0.outcome.weightsDigest != found.weightsDigest
            })
        {
            return (
                .diverged,
                "No record of a step differs, but \(other.file) says that the run came to the chain head \(other.outcome.chainHead); the replay came to \(found.chainHead)."
            )
        }
        if drift.steps.isEmpty && evidence.outcomes.isEmpty {
            return (.incomparable, "Neither a record of a step nor an outcome is here to compare with.")
        }
        return (.reproduced, "All \(evidence.stepCount) recorded steps were replayed, and every compared bit is equal.")
    }

    private func add(_ plot: LossPlot, to page: inout ReportPage) {
        plot.points.isEmpty
            ? page.miss("loss", "Loss", "no record of a step is here") : page.add(plot)
    }
}
