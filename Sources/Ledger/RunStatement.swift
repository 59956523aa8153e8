import Core

/// The statement that a signature of a run stands for: an in-toto Statement (v1) whose subjects are the manifest, the
/// chain head and the final weights. Its predicate repeats the inputs, so that every hyper-parameter is under the
/// signature: a change of the weight decay by a hundredth can leave all bits of a step as they were, and then no replay
/// proves the recipe.
package enum RunStatement {
    /// The predicate's type.
    package static let predicateType = "urn:smpo:run:1"

    /// The statement on a finished run; nil for one that is not.
    package static func json(_ manifest: Manifest) -> JSONValue? {
        guard let outcome = manifest.outcome else { return nil }
        func subject(_ name: String, _ digests: JSONObject) -> JSONValue {
            ["name": .string(name), "digest": .object(digests)]
        }
        return [
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [
                // The file's own hash, as `sha256sum` prints it.
                subject(
                    "Manifests/\(manifest.run).json", ["sha256": .digest(.sha256(Array(manifest.json.pretty.utf8)))]),
                subject("chain head of \(manifest.run)", ["sha256": .digest(outcome.chainHead)]),
                subject("weights of \(manifest.run)", ["sha256": .digest(outcome.weightsDigest)]),
            ],
            "predicateType": .string(predicateType),
            "predicate": [
                "run": .string(manifest.run), "manifest_digest": .digest(manifest.digest),
                "inputs": manifest.inputs.json, "outcome": outcome.json,
            ],
        ]
    }
}
