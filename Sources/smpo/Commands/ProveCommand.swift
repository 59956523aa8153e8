import ArgumentParser
import Audit
import Ledger

/// `smpo prove`
struct ProveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Write a proof that a step belongs to a run.",
        discussion: """
            The proof holds the step's record, the manifest, and the hashes that
            lead from the one to the other: all that anyone needs to check that
            step without the ledger (`smpo verify --proof`, or by hand as
            Sources/Ledger/FORMAT.md shows). The run must be finished and its
            record whole.

            EXAMPLES
              smpo prove run-42 --step 7
              smpo prove run-1 --step 60 --out last-step.json

            \(ExitStatus.help([.success, .trouble, .tampered, .usage]))
            """)

    @Argument(help: "Name of the run.")
    var name: String

    @Option(help: "The step, from 1.")
    var step: Int

    @Option(help: "File to write (default: RUN.step-N.proof.json).")
    var out: String?

    func run() throws {
        let run = try Run(name, in: Workspace())
        let steps = run.ledger?.map { ($0.record, $0.digest) } ?? run.golden?.map { ($0.record, $0.digest) }
        guard let steps, run.manifest.outcome != nil else {
            throw ValidationError("\(name) is not finished, or its steps are neither in the ledger nor in a golden log")
        }
        guard (1...max(1, steps.count)).contains(step), !steps.isEmpty else {
            throw ValidationError("--step: expected 1 to \(steps.count), found \(step)")
        }
        guard
            let proof = StepProof(
                manifest: run.manifest, steps: steps.map(\.1), record: steps[step - 1].0)
        else { return }
        let path = out ?? "\(name).step-\(step).proof.json"
        try OutputFile("--out", path).require(sparing: [], Workspace())
        try proof.write(to: path)
        Message.line(
            "\(path) written: \(proof.siblings.count) hashes from step \(step) to the root over \(steps.count) steps")
    }
}
