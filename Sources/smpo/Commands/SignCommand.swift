import ArgumentParser
import Audit
import Core
import Ledger

/// `smpo sign`
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign a finished run, or the files of a model.",
        discussion: """
            Checks the run's manifest, chain, Merkle root and stored values, then
            signs a statement on its manifest, chain head and final weights,
            which repeats the recipe: an in-toto Statement in a DSSE envelope.
            It is added to Manifests/RUN.intoto.jsonl, in place of an earlier one
            by the same key. `verify` and `audit` check it.

            With --model, the files of a folder are signed in the format of
            OpenSSF Model Signing, which needs a P-256 key; the bundle becomes
            FOLDER/model.sig. `smpo verify --model` checks it, and so does
            `model_signing verify key` from PyPI.

            EXAMPLES
              smpo sign run-1 --key alice
              smpo sign run-1 --key ./alice.key
              smpo sign --model .smpo/runs/run-1 --key alice-models

            \(ExitStatus.help([.success, .trouble, .tampered, .usage]))
            """)

    @Argument(help: "Name of the run.")
    var name: String?

    @Option(help: "A model's folder, in place of a run.")
    var model: String?

    @Option(help: "Name of the key, or the path of its private file.")
    var key: String

    @OptionGroup var ring: KeyRing

    func validate() throws {
        guard (name == nil) != (model == nil) else { throw ValidationError("expected the name of a run, or --model") }
    }

    func run() throws {
        let workspace = Workspace()
        let key = try ring.privateKey(key)
        guard let name else {
            let (folder, path) = (model ?? "", "\(model ?? "")/\(ModelBundle.fileName)")
            try ModelBundle.sign(folder: folder, key: key, to: path)
            return Message.line("\(path) written: the files of \(folder) signed with \(key.verifyingKey)")
        }
        let run = try Run(name, in: workspace)
        guard FileContents.exists(workspace.manifest(name)), let statement = RunStatement.json(run.manifest) else {
            throw ValidationError("expected a finished run with a manifest, \(workspace.manifest(name))")
        }
        let path = workspace.attestations(name)
        var attestations = try Attestations.read(path) ?? Attestations(path: path)
        try attestations.add(Envelope(statement.canonicalBytes, by: [key]))
        Message.line("\(path) written: \(name) signed with \(key.verifyingKey)")
    }
}
