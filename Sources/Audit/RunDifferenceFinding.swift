import Comparison
import Core
import Pages

extension RunDifference {
    /// What the two are called.
    package var names: ComparedSides { ComparedSides(recorded: left, found: right) }

    private var conclusion: Finding.Conclusion {
        switch verdict {
        case .tampered:
            verdict.conclusion("A run does not hold, so nothing was compared: \(tampering ?? "no reason is given").")
        case .reproduced, .withinBand:
            .init(
                "the same", verdict.status,
                commonSteps > 0
                    ? "All \(commonSteps) steps and the inputs are equal."
                    : "The inputs and what both came to are equal; no steps could be compared.")
        case .incomparable:
            verdict.conclusion(
                (contracts.map { "Nothing was compared: \($0)." }
                    ?? "Neither steps nor what both came to could be compared.")
                    + " This is never a pass.")
        case .diverged:
            .init(
                "different", verdict.status,
                "\(equalSteps) of \(commonSteps) steps that both have are equal from the first on.")
        }
    }

    private var omissions: [Finding.Omission] {
        notCompared.map { text in
            let parts = text.split(separator: ":", maxSplits: 1).map { $0.trimmingPrefix(while: { $0 == " " }) }
            return .init(String(parts[0]), parts.count > 1 ? String(parts[1]) : "the comparison says no more")
        } + unlike.map { .init($0, "the other run has none to compare with") }
    }

    /// The difference as every presenter shows it, without what only the runs themselves can show.
    package var finding: Finding {
        var finding = Finding(of: "\(left) and \(right)", "difference of two runs", conclusion)
        finding.unchecked = omissions
        finding.children = [
            first?.finding ?? FirstDifference.none("The comparison names none."),
            ManifestDifferences(inputs: inputs, circumstances: circumstances, names: names).finding,
        ]
        return finding
    }

    private var first: FirstDifference? {
        guard let divergence else { return nil }
        var first = FirstDifference(divergence, steps: commonSteps)
        (first.operation, first.cause, first.looked) = (operators?.description, cause, notes)
        return first
    }
}
