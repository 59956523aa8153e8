import Audit
import Core
import Ledger
import Reports

/// The pages of `smpo diff --json`.
struct DifferencePage {
    let workspace: Workspace
    let composition: PageComposition

    /// Two checkpoints.
    func page(_ section: CheckpointSection) -> ReportPage {
        var page = ReportPage(
            title: "\(section.left.path) and \(section.right.path)", subject: "difference of two checkpoints",
            verdict: section.pageVerdict)
        page.unchecked = section.omissions
        page.add(section)
        if section.metadata.isEmpty {
            page.miss("metadata", "Metadata", "none differ, or they were not compared")
        } else {
            page.add(InputDifferences(section.metadata, names: PageSides(recorded: "A", found: "B")))
        }
        return page
    }

    /// Two runs; where both are known here, every step that both have is compared.
    func page(_ document: RunDifferenceDocument, _ runs: [Run]) throws -> ReportPage {
        var page = ReportPage(
            title: "\(document.left) and \(document.right)", subject: "difference of two runs",
            verdict: document.verdict)
        page.unchecked = document.omissions
        if let difference = document.difference {
            page.add(difference)
        } else {
            page.add(NoDifference("The comparison names none."))
        }
        page.add(InputDifferences(document.entries, names: document.names))
        let why = "both runs must be known in this folder for their steps to be compared"
        guard runs.count == 2 else {
            page.miss("loss", "Loss", why)
            composition.addDrift(nil, why: why, to: &page)
            return page
        }
        // They are compared here.
        page.unchecked.removeAll { $0.what.hasPrefix("steps after ") }
        var drift: [StepDrift] = []
        for step in 1...max(1, document.commonSteps) where step <= document.commonSteps {
            guard let left = try runs[0].traces(of: step).first, let right = try runs[1].traces(of: step).first else {
                break
            }
            drift.append(StepDrift(expected: left, found: right))
        }
        let plot = LossPlot(drift, names: document.names, firstDifference: document.difference?.step)
        if plot.points.isEmpty { page.miss("loss", "Loss", "no step has a loss on both sides") } else { page.add(plot) }
        composition.addDrift(
            drift, names: document.names, why: "the runs have no step that both have", to: &page)
        for (number, run) in runs.enumerated() {
            page.add(ProvenanceCard(run.manifest, signers: run.signers, number: number + 1))
        }
        return page
    }
}
