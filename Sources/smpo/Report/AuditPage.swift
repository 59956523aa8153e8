import Audit
import Core
import Ledger
import Reports

/// The page of an audit that was written as JSON.
struct AuditPage {
    let workspace: Workspace
    let composition: PageComposition

    /// The page of `document`; of a run that is known here, its record is shown too.
    func page(_ document: AuditDocument, _ run: Run?) throws -> ReportPage {
        var page = ReportPage(
            title: document.run, subject: "audit",
            verdict: PageVerdict(document.verdict, document.sentence))
        page.unchecked = document.omissions
        let first = document.difference?.step
        if let difference = document.difference {
            page.add(difference)
        } else {
            page.add(NoDifference("The audit names none."))
        }
        let plot =
            document.drift.map { LossPlot($0, firstDifference: first) }
            ?? run.map { LossPlot(recorded: $0.records, firstDifference: first) }
        if let plot, !plot.points.isEmpty {
            page.add(plot)
        } else {
            page.miss("loss", "Loss", "the audit was written without the drift, and the run's record is not here")
        }
        composition.addDrift(
            document.drift,
            why: "the audit was written without the drift: smpo audit \(document.run) --through --json has it",
            to: &page)
        guard let run else {
            page.unchecked.append(.init("the record of the run", "no run of this name is known in this folder"))
            page.add(
                ProvenanceCard(
                    run: document.run,
                    entries: [ProvenanceCard.Entry("audit", "verdict", document.verdict.rawValue)]
                        + document.signers.map { .init("audit", "signed by", $0) }
                        + (document.chainHead.map { [.init("audit", "chain head of the replay", $0)] } ?? [])
                        + document.evidence.map { .init("audit", "compared with", $0.rawValue) }))
            return page
        }
        page.unchecked += try composition.omissions(run).filter { omission in
            !page.unchecked.contains { $0.what == omission.what }
        }
        try composition.addRecord(of: run, drift: document.drift, difference: first, to: &page)
        page.add(ProvenanceCard(run.manifest, signers: run.signers))
        return page
    }
}
