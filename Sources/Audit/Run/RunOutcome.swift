import Core
import Ledger

extension Run {
    /// Compares the outcome of a replay, nil where it did not reach the end, with those that the documents state.
    func outcome(against found: ManifestOutcome?) -> Judgement.Outcome {
        if outcomes.isEmpty { return .notStated }
        guard let found else { return .notReached }
        for (file, outcome) in outcomes {
            if let (name, expected, found) = outcome.firstDifference(from: found) {
                return .different("\(file): outcome.\(name): expected \(expected), the replay came to \(found)")
            }
        }
        return .equal
    }

    /// The first contradiction within the evidence, before any replay: an outcome that is not that of the recorded
    /// steps, or of another document. A replay of the whole run tells which of them is right; a part of one does not.
    package var contradiction: TamperError? {
        guard let (first, outcome) = outcomes.first else { return nil }
        func contradicts(_ file: String, _ claim: ManifestOutcome, _ other: ManifestOutcome, of source: String)
            -> TamperError?
        {
            claim.firstDifference(from: other).map { name, expected, found in
                TamperError(
                    file: file, run: name, step: nil, field: "outcome.\(name)",
                    expected: "\(found), as \(source) says", found: expected)
            }
        }
        for (file, other) in outcomes.dropFirst() {
            if let error = contradicts(first, outcome, other, of: file) { return error }
        }
        // The records of a run that is not finished end somewhere else.
        for steps in [golden, ledger].compactMap(\.self) where steps.count == outcome.steps {
            // The root over the weights in the last record is the digest of the trained weights.
            guard let weights = steps.last?.record.weightsDigest else { continue }
            var chain = Chain(inputs: manifest.inputs.digest)
            for step in steps { chain.append(step.digest) }
            let found = ManifestOutcome(chain: chain, weightsDigest: weights)
            if let error = contradicts(first, outcome, found, of: "the record of step \(steps.count)") { return error }
        }
        return nil
    }
}
