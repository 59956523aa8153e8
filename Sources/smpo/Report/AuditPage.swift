import Audit
import Comparison
import Core
import Pages

/// The page of an audit.
struct AuditPage {
    let composition: PageComposition

    /// What the audit says; of a run that is known here its record is shown too.
    func page(_ audit: AuditSummary, _ run: Run?) throws -> Finding {
        var page = Finding(of: audit.run, "audit", audit.verdict.conclusion(audit.sentence))
        page.unchecked = audit.omissions
        let first = audit.difference?.divergence.step
        let loss =
            audit.drift.map { LossCurve($0, firstDifference: first) }
            ?? run.map { LossCurve(recorded: $0.records, firstDifference: first) }
            ?? LossCurve([LossCurve.Point]())
        page.children = [
            audit.difference?.finding ?? FirstDifference.none("The audit names none."),
            loss.finding(
                orMissing: "the audit was written without the drift, and the run's record is not here"),
        ]
        page.children += DriftFindings.all(
            audit.drift,
            why: "the audit was written without the drift: smpo audit \(audit.run) --through --json has it")
        guard let run else {
            page.unchecked.append(.init("the record of the run", "no run of this name is known in this folder"))
            let facts =
                [Fact("verdict", audit.verdict.rawValue, in: "audit")]
                + audit.signers.map { Fact("signed by", $0, in: "audit") }
                + (audit.chainHead.map { [Fact("chain head of the replay", $0, in: "audit")] } ?? [])
                + audit.evidence.map { Fact("compared with", $0.rawValue, in: "audit") }
            page.children.append(Provenance.finding(run: audit.run, signed: audit.signers, facts))
            return page
        }
        page.unchecked += try composition.omissions(run).filter { omission in
            !page.unchecked.contains { $0.what == omission.what }
        }
        page.children += try composition.record(of: run, drift: audit.drift, difference: first)
        page.children.append(Provenance.finding(run.manifest, signers: run.signers))
        return page
    }
}
