import Core
import Ledger
import Testing
import TinyRuns

extension RecordedRun {
    /// Rewrites golden log and manifest with other records, all hashes made anew; the ledger is gone.
    func forge(weights: Digest? = nil, _ change: (StepTrace) throws -> StepTrace?) throws {
        let steps = try traces().compactMap(change)
        var chain = Chain(inputs: manifest.inputs.digest)
        for step in steps { chain.append(step.record.digest) }
        var manifest = manifest
        manifest.outcome = ManifestOutcome(
            chain: chain, weightsDigest: try weights ?? #require(self.manifest.outcome?.weightsDigest))
        try GoldenLog.write(folder: workspace.golden("run-1"), manifest: manifest) { append in
            for step in steps { try append(step) }
        }
        try manifest.write(to: workspace.manifest("run-1"))
        try removeLedger()
    }
}
