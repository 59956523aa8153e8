import Audit
import Comparison
import Compute
import Core
import Ledger
import Pages

/// The page of a run: its record, and with a replay what came out again.
struct RunReport {
    let workspace: Workspace
    let engine: Engine
    let keys: [VerifyingKey]
    let requiresSignature: Bool
    let composition: PageComposition

    /// A page, and the verdict that decides the exit code: nil where nothing was replayed.
    func page(_ run: String, replays: Bool) throws -> (page: Finding, verdict: Verdict?) {
        let subject = replays ? "replay of a recorded run" : "record of a run"
        do {
            let opened = try Run(run, in: workspace, keys: keys)
            return replays ? try replayed(opened, subject) : try recorded(opened, subject)
        } catch {
            guard let judgement = Judgement(error) else { throw error }
            return (unshown(run, subject, judgement), judgement.verdict)
        }
    }

    /// A run that does not hold, or of which evidence is missing: nothing of it is shown, for nothing of it can be
    /// believed.
    private func unshown(_ run: String, _ subject: String, _ judgement: Judgement) -> Finding {
        let reason = judgement.reason ?? ""
        let isTampered = judgement.verdict == .tampered
        var page = Finding(
            of: run, subject,
            judgement.verdict.conclusion(
                isTampered
                    ? "A hash, a chain link or a signature does not hold: \(reason)."
                    : "Evidence is missing: \(reason). This is never a pass."))
        page.unchecked = [
            isTampered
                ? .init("everything else", "a record that does not hold says nothing, so none of it is shown")
                : .init("the run", reason)
        ]
        return page
    }

    private func recorded(_ run: Run, _ subject: String) throws -> (Finding, Verdict?) {
        let isUnsigned = requiresSignature && run.signers.known.isEmpty
        let sources = run.sources.map(\.rawValue)
        let held = sources.isEmpty ? "Its manifest holds" : "Manifest and \(sources.joined(separator: " and ")) hold"
        var page = Finding(
            of: run.name, subject,
            isUnsigned
                ? Verdict.incomparable.conclusion("No known key has signed the run, and one was demanded.")
                : .init(
                    "recorded", .open,
                    "\(held) against themselves: every digest and every link of the chain. Nothing was replayed."))
        let why = "nothing was replayed: smpo report \(run.name) --replay does it"
        page.unchecked = [.init("that the steps come out again", why)] + (try composition.omissions(run))
        page.unchecked += try run.checkTrainedFolder().unchecked.map { .init("the model's files", $0) }
        page.children = [
            FirstDifference.missing(why),
            LossCurve(recorded: run.records).finding(orMissing: "no record of a step is here"),
        ]
        page.children += DriftFindings.all(nil, why: why)
        page.children += try composition.record(of: run, difference: nil)
        page.children.append(Provenance.finding(run.manifest, signers: run.signers))
        return (page, isUnsigned ? .incomparable : nil)
    }

    private func replayed(_ run: Run, _ subject: String) throws -> (Finding, Verdict?) {
        let auditor = Auditor(
            workspace: workspace, engine: engine, keys: keys, requiresSignature: requiresSignature, localizes: false)
        var matches: [LatentFigures.Match] = []
        var bar: ProgressBar?
        let report = try auditor.audit(
            run.name, AuditScope(goesThrough: true),
            progress: { done, total in
                if bar == nil { bar = ProgressBar(total: total, unit: "replayed step") }
                bar?.update(done)
            },
            trace: { found in
                guard let expected = try run.traces(of: found.record.step).last else { return }
                matches += run.matches(expected, found)
            })
        bar?.finish()
        guard let drift = report.drift else {
            if report.verdict == .tampered { return (unshown(run.name, subject, report.judgement), .tampered) }
            // Its own measure is a band, or it cannot be compared.
            return (try AuditPage(composition: composition).page(AuditSummary(report), run), report.verdict)
        }
        var page = Finding(of: run.name, subject, report.verdict.conclusion(sentence(report, drift)))
        page.unchecked = try composition.omissions(run)
        let first = drift.divergence?.step
        if let divergence = drift.divergence {
            var section = FirstDifference(divergence, steps: run.stepCount)
            section.kind = drift.kind.map { "\($0.word) – \($0.meaning)" }
            page.children.append(section.finding)
            page.unchecked.append(
                .init(
                    "the operator", "this replay looked at phases; smpo audit \(run.name) names the first operator")
            )
        } else {
            page.children.append(FirstDifference.none("There is none in the compared steps."))
        }
        page.children.append(
            LossCurve(drift.steps, firstDifference: first).finding(orMissing: "no record of a step is here"))
        page.children += DriftFindings.all(drift.steps, why: "no record of a step is here to compare with")
        page.children += try composition.record(
            of: run, matches: matches.isEmpty ? nil : matches, difference: first)
        page.children.append(Provenance.finding(run.manifest, signers: run.signers))
        return (page, report.verdict)
    }

    /// The sentence of the verdict on a replay to the end.
    private func sentence(_ report: AuditReport, _ drift: Drift) -> String {
        guard report.divergence == nil else {
            let equal = drift.steps.count(where: \.isEqual)
            return "\(equal) of \(drift.steps.count) replayed steps are equal to their record in every phase."
        }
        guard report.verdict.isPass else { return (report.reason ?? "").sentence }
        let compared =
            drift.steps.isEmpty
            ? "All \(report.steps) steps were replayed, and came to what the run is said to have come to; no record of a "
                + "step is here to compare with."
            : "All \(report.steps) recorded steps were replayed, and every compared bit is equal."
        return compared + (report.reason.map { " But \($0)." } ?? "")
    }
}

extension String {
    /// With a capital and a full stop.
    fileprivate var sentence: String { prefix(1).uppercased() + dropFirst() + "." }
}
