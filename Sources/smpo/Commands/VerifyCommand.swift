import ArgumentParser
import Audit
import Digests
import Ledger
import Reports
import Tensors

/// `smpo verify`
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a run's record without replaying it, or the proof of one step.",
        discussion: """
            Of a run: the manifest's digest; the chain and the Merkle root of
            its golden log and of the ledger; the ledger's tables, stored values
            and checkpoints, each against the record of its step; the model and
            the data that it started from; the model that it ended with. What is
            not there is listed, not passed over. Whether the numbers come out
            again only an audit tells.

            Of a proof (made by `smpo prove`), nothing else is needed. It states
            the manifest that it speaks of; with --manifest it must be that one.

            EXAMPLES
              smpo verify run-42
              smpo verify run-1 --skip-inputs
              smpo verify --proof run-42.step-7.proof.json --manifest Manifests/run-42.json

            \(ExitStatus.help([.reproduced, .trouble, .tampered, .incomparable, .usage]))
            """)

    @Argument(help: "Name of the run.")
    var name: String?

    @Option(help: "A step's proof, in place of a run.")
    var proof: String?

    @Option(help: "The manifest that the proof must speak of.")
    var manifest: String?

    @Flag(help: "Leave out the model and the data that the run started from.")
    var skipInputs = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    @OptionGroup var engineOptions: EngineOptions

    func validate() throws {
        guard (name == nil) != (proof == nil) else { throw ValidationError("expected the name of a run, or --proof") }
        if manifest != nil && proof == nil { throw ValidationError("--manifest needs --proof") }
        if skipInputs && proof != nil { throw ValidationError("a proof has no inputs: leave out --skip-inputs") }
    }

    func run() throws {
        if let proof { return try verifyProof(proof) }
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let report = try Verifier(workspace: Workspace(), engine: engine, opensInputs: !skipInputs).verify(name ?? "")
        print(json ? report.json.pretty : VerificationText.describe(report))
        switch report.verdict {
        case .verified: return
        case .tampered: throw ExitStatus.tampered.code
        case .incomplete: throw ExitStatus.incomparable.code
        }
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
        if json {
            print(
                ([
                    "schema": 1, "verdict": "verified", "run": .string(proof.manifest.run),
                    "step": .integer(proof.record.step), "record_digest": .digest(proof.record.digest),
                    "steps_root": .digest(proof.outcome.stepsRoot), "manifest_digest": .digest(proof.manifest.digest),
                ] as JSONValue).pretty)
            return
        }
        print("\(proof.manifest.run), step \(proof.record.step) of \(proof.outcome.steps): verified")
        print("  record           \(proof.record.digest)")
        print("  Merkle root      \(proof.outcome.stepsRoot)")
        print("  manifest digest  \(proof.manifest.digest)\(manifest.map { ", that of \($0)" } ?? "")")
    }
}
