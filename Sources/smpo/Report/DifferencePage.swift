import Audit
import Comparison
import Core
import Pages

/// The page of a difference of two runs.
struct DifferencePage {
    /// What the document says; where both runs are known here, every step that both have is compared.
    func page(_ difference: RunDifference, _ runs: [Run]) throws -> Finding {
        var page = difference.finding
        let why =
            difference.contracts?.description ?? "both runs must be known in this folder for their steps to be compared"
        guard runs.count == 2, difference.contracts == nil else {
            page.children += [.missing("loss", "Loss", why)] + DriftFindings.all(nil, why: why)
            return page
        }
        // They are compared here.
        page.unchecked.removeAll { $0.what.hasPrefix("steps after ") }
        var drift: [StepDrift] = []
        for step in 1...max(1, difference.commonSteps) where step <= difference.commonSteps {
            guard let left = try runs[0].traces(of: step).first, let right = try runs[1].traces(of: step).first else {
                break
            }
            drift.append(StepDrift(expected: left, found: right))
        }
        let names = difference.names
        let loss = LossCurve(drift, names: names, firstDifference: difference.divergence?.step)
        page.children.append(loss.finding(orMissing: "no step has a loss on both sides"))
        page.children += DriftFindings.all(drift, names: names, why: "the runs have no step that both have")
        page.children += runs.enumerated().map { number, run in
            Provenance.finding(run.manifest, signers: run.signers, number: number + 1)
        }
        return page
    }
}
