import Core

/// What whoever asks for a part of an audit has found of the run: its task may read evidence that has been put in the place of
/// that since.
package struct ExpectedRun: Sendable {
    /// Digests by their names: the inputs', and the chain head of a run that is finished.
    package let digests: [String: Digest]

    /// What is expected of a run, by names.
    package init(digests: [String: Digest]) { self.digests = digests }

    /// What is known of a run.
    package init(_ run: Run) {
        var digests = ["inputs": run.manifest.inputs.digest]
        digests["head"] = run.outcomes.first?.outcome.chainHead
        self.digests = digests
    }

    /// Throws `OtherRun` for a run that is another.
    func require(_ run: Run) throws {
        let found = ExpectedRun(run).digests
        for (name, digest) in digests.sorted(by: { utf8Less($0.key, $1.key) }) where found[name] != digest {
            throw OtherRun(run: run.name, what: name, expected: digest, found: found[name])
        }
    }
}

/// Evidence of another run lies where a run's is expected. To ask again helps nothing.
package struct OtherRun: Error, CustomStringConvertible {
    let run: String, what: String, expected: Digest, found: Digest?

    package var description: String {
        "the evidence of \(run) is not that which was to be audited: expected the digest of its \(what) \(expected), found "
            + "\(found?.hex ?? "none"); put it back, or begin with an empty folder"
    }
}
