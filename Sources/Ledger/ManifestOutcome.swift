import Core

/// The part of a manifest that a finished run adds.
package struct ManifestOutcome: Sendable, Equatable {
    /// The number of optimiser steps.
    package var steps: Int
    /// The head of the chain after the last step.
    package var chainHead: Digest
    /// The Merkle root over the digests of all step records.
    package var stepsRoot: Digest
    /// The digest of the trained weights (`WeightsDigest`).
    package var weightsDigest: Digest
    /// Of each file of the model that the run hands over the digest of its bytes, in the domain `file`, by its path
    /// from the model's folder. Nil in a manifest of format 2, which says nothing of them.
    package var files: [String: Digest]?
    /// The ledger's holdings of the run beside the chain; nil where the run was not recorded into one, and in format 2.
    package var ledger: LedgerSeal?
    /// Further members.
    package var other: JSONObject

    private static let keys = ["steps", "chain_head", "steps_root", "weights_digest", "files", "ledger"]

    /// An outcome with all its parts.
    package init(
        chain: Chain, weightsDigest: Digest, files: [String: Digest]? = nil, ledger: LedgerSeal? = nil,
        other: JSONObject = JSONObject()
    ) {
        self.steps = chain.count
        self.chainHead = chain.head
        self.stepsRoot = chain.stepsRoot
        self.weightsDigest = weightsDigest
        self.files = files
        self.ledger = ledger
        self.other = other
    }

    /// The JSON form.
    package var json: JSONValue {
        var object = other
        object["steps"] = .integer(steps)
        object["chain_head"] = .digest(chainHead)
        object["steps_root"] = .digest(stepsRoot)
        object["weights_digest"] = .digest(weightsDigest)
        object["files"] = files.map { .object(JSONObject($0.map { ($0.key, .digest($0.value)) })) }
        object["ledger"] = ledger?.json
        return .object(object)
    }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        other = try cursor.object()
        for key in ManifestOutcome.keys { other[key] = nil }
        steps = try cursor["steps"].int()
        chainHead = try cursor["chain_head"].digest()
        stepsRoot = try cursor["steps_root"].digest()
        weightsDigest = try cursor["weights_digest"].digest()
        files = try cursor["files"].present?.digests()
        ledger = try cursor["ledger"].present.map { try LedgerSeal(json: $0) }
    }

    /// The same outcome of another chain: a forgery's.
    package func of(_ chain: Chain) -> ManifestOutcome {
        ManifestOutcome(chain: chain, weightsDigest: weightsDigest, files: files, ledger: ledger, other: other)
    }

    /// Checks that there are as many steps as the recipe of `inputs` demands: a run that ends has them all.
    /// - Throws: `TamperError`.
    package func check(_ inputs: ManifestInputs, file: String, run: String) throws {
        guard let demanded = inputs.steps, demanded != steps else { return }
        throw TamperError(
            file: file, run: run, step: nil, field: "outcome.steps",
            expected: "\(demanded), as training.steps says", found: "\(steps)")
    }

    /// Checks that the weights are those after the last step: the root over them in its record is their digest.
    /// - Throws: `TamperError`.
    package func check(weightsOf last: StepRecord, file: String, run: String) throws {
        guard let root = last.weightsDigest, root != weightsDigest else { return }
        throw TamperError(
            file: file, run: run, step: nil, field: "outcome.weights_digest",
            expected: "\(root), as the record of step \(last.step) says", found: weightsDigest.hex)
    }

    /// Checks that a chain ends as this outcome says. - Throws: `TamperError` that names the first member that differs.
    package func check(_ chain: Chain, file: String, run: String) throws {
        func require(_ field: String, _ expected: String, _ found: String) throws {
            guard expected != found else { return }
            throw TamperError(file: file, run: run, step: nil, field: field, expected: expected, found: found)
        }
        try require("outcome.steps", "\(steps)", "\(chain.count)")
        try require("outcome.chain_head", chainHead.hex, chain.head.hex)
        try require("outcome.steps_root", stepsRoot.hex, chain.stepsRoot.hex)
    }

    /// The members that a replay can prove, as texts.
    package var members: [(name: String, value: String)] {
        [
            ("steps", "\(steps)"), ("chain_head", chainHead.hex), ("steps_root", stepsRoot.hex),
            ("weights_digest", weightsDigest.hex),
        ]
    }

    /// The first of these members that is not that of `other`: its name, its value here and there; nil if all are
    /// equal.
    package func firstDifference(from other: ManifestOutcome) -> (name: String, here: String, there: String)? {
        if let first = zip(members, other.members).map({ ($0.name, $0.value, $1.value) }).first(where: { $0.1 != $0.2 })
        {
            return first
        }
        // One of format 2 says nothing of the files.
        guard let files, let others = other.files else { return nil }
        let names = Set(files.keys).union(others.keys).sorted(by: utf8Less)
        return names.first { files[$0] != others[$0] }.map {
            ("files, \($0)", files[$0]?.hex ?? "no such file", others[$0]?.hex ?? "no such file")
        }
    }
}
