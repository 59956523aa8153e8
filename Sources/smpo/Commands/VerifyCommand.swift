import ArgumentParser
import Audit
import Compute
import Core
import Ledger
import Reports

/// `smpo verify`
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a run's record without replaying it, the proof of a step, or a signed model.",
        discussion: """
            Of a run: the manifest's digest; the chain and the Merkle root of
            its golden log and of the ledger; the ledger's tables, stored values
            and checkpoints, each against the record of its step; the model and
            the data that it started from; every file of the model that it ended
            with; the signatures, by the keys of `smpo keys list` and --trust.
            What is not there is listed, not passed over, and without a step's
            record nothing is verified. Whether the numbers come out again only
            an audit tells. --evidence takes the run from a folder that `smpo runs
            pack` wrote, which does not hold the model that it ended with.

            Of a model's folder, the bundle of OpenSSF Model Signing (`smpo sign
            --model`, or `model_signing sign key` from PyPI): the signature, and
            every file.

            Of a proof (made by `smpo prove`), nothing else is needed. It states
            the manifest that it speaks of; with --manifest it must be that one.

            EXAMPLES
              smpo verify run-42
              smpo verify run-1 --skip-inputs
              smpo verify run-1 --evidence packed/run-1
              smpo verify run-1 --trust alice.pub --require-signature
              smpo verify --model .smpo/runs/run-1 --trust alice-models.pub
              smpo verify --proof run-42.step-7.proof.json --manifest Manifests/run-42.json

            \(ExitStatus.help([.success, .trouble, .tampered, .incomparable, .usage]))
            """)

    @Argument(help: "Name of the run.")
    var name: String?

    @Option(help: ArgumentHelp("Take the run from this folder, as runs pack wrote it.", valueName: "folder"))
    var evidence: String?

    @Option(help: "A step's proof, in place of a run.")
    var proof: String?

    @Option(help: "A signed model's folder, in place of a run.")
    var model: String?

    @Option(help: "The model's bundle (default: model.sig in its folder).")
    var bundle: String?

    @Option(help: "The manifest that the proof must speak of.")
    var manifest: String?

    @OptionGroup var trust: TrustOptions

    @Flag(help: "Leave out the model and the data that the run started from.")
    var skipInputs = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    @OptionGroup var engineOptions: EngineOptions

    func validate() throws {
        guard [name, proof, model].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("expected the name of a run, or --proof, or --model")
        }
        if bundle != nil && model == nil { throw ValidationError("--bundle needs --model") }
        if manifest != nil && proof == nil { throw ValidationError("--manifest needs --proof") }
        if skipInputs && name == nil { throw ValidationError("--skip-inputs is for runs") }
        if evidence != nil && name == nil { throw ValidationError("--evidence is for runs") }
    }

    func run() throws {
        if let proof { return try verifyProof(proof) }
        if let model { return try verifyModel(model) }
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let verifier = Verifier(
            workspace: evidence.map { Workspace(root: $0) } ?? Workspace(), engine: engine, opensInputs: !skipInputs,
            keys: try trust.known(),
            requiresSignature: trust.requireSignature)
        let report = try verifier.verify(name ?? "")
        print(json ? report.json.pretty : VerificationText.describe(report))
        try ExitStatus(report.verdict).end()
    }

    private func verifyModel(_ folder: String) throws {
        let path = bundle ?? "\(folder)/\(ModelBundle.fileName)"
        guard let key = try ModelBundle.verify(path, folder: folder, keys: try trust.known()) else {
            Message.note("\(path): expected a signature by a known key; --trust names one")
            throw ExitStatus.incomparable.code
        }
        if json {
            let value: JSONValue = [
                "schema": 1, "verdict": "verified", "model": .string(folder), "bundle": .string(path),
                "signed_by": .string("\(key)"),
            ]
            return print(value.pretty)
        }
        Message.line("\(folder): verified, signed with \(key)")
    }

    private func verifyProof(_ path: String) throws {
        let proof = try StepProof.read(path)
        if let manifest {
            let expected = try Manifest.read(manifest).digest
            guard proof.manifest.digest == expected else {
                throw TamperError(
                    file: path, run: proof.manifest.run, step: proof.record.step, field: "manifest.digest",
                    expected: "\(expected), that of \(manifest)", found: proof.manifest.digest.hex)
            }
        }
        let whose = "whether the run's manifest is the one in the proof (--manifest FILE tells)"
        let unchecked = manifest == nil ? [whose] : []
        if json {
            print(
                ([
                    "schema": 1, "verdict": "verified", "run": .string(proof.manifest.run),
                    "step": .integer(proof.record.step), "record_digest": .digest(proof.record.digest),
                    "steps_root": .digest(proof.outcome.stepsRoot), "manifest_digest": .digest(proof.manifest.digest),
                    "not_checked": .array(unchecked.map { .string($0) }),
                ] as JSONValue).pretty)
            return
        }
        Message.line("\(proof.manifest.run), step \(proof.record.step) of \(proof.outcome.steps): verified")
        Message.line("  record           \(proof.record.digest)")
        Message.line("  Merkle root      \(proof.outcome.stepsRoot)")
        Message.line("  manifest digest  \(proof.manifest.digest)\(manifest.map { ", that of \($0)" } ?? "")")
        for one in unchecked { Message.line("  not checked      \(one)") }
    }
}
