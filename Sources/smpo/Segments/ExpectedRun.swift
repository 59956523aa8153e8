import ArgumentParser
import Audit
import Core

/// What whoever asks for a part of an audit has found of the run: its task may read evidence that has been put in the place of
/// that since.
struct ExpectedRun {
    /// Digests by their names: the inputs', and the chain head of a run that is finished.
    let digests: [String: Digest]

    /// What is known of a run.
    init(_ run: Run) {
        var digests = ["inputs": run.manifest.inputs.digest]
        digests["head"] = run.outcomes.first?.outcome.chainHead
        self.digests = digests
    }

    /// Reads words `NAME=DIGEST`. - Throws: `ValidationError`.
    init(_ words: [String]) throws {
        var digests: [String: Digest] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let digest = Digest(hex: String(parts[1])) else {
                throw ValidationError("--expect: expected NAME=DIGEST, found \"\(word)\"")
            }
            digests[String(parts[0])] = digest
        }
        self.digests = digests
    }

    /// The options by which a command is told of it.
    var arguments: [String] {
        digests.sorted { utf8Less($0.key, $1.key) }.flatMap { ["--expect", "\($0.key)=\($0.value.hex)"] }
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
struct OtherRun: Error, CustomStringConvertible {
    let run: String, what: String, expected: Digest, found: Digest?

    var description: String {
        "the evidence of \(run) is not that which was to be audited: expected the digest of its \(what) \(expected), found "
            + "\(found?.hex ?? "none"); put it back, or begin with an empty folder"
    }
}
