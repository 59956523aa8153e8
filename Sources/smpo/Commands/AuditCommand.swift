import ArgumentParser
import Audit
import Digests
import Ledger
import Reports

/// `smpo audit`
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Replay a recorded run and say whether every bit comes out again.",
        discussion: """
            Checks the manifest, the golden log and the ledger first (digests, chain, model and data), then runs the
            steps again and compares every phase of every step. Stops at the first difference and names step, phase and
            tensor; where the recorded values are stored, also the element, both bit patterns and their distance.

            EXAMPLES
              smpo audit run-42
              smpo audit run-42 --isa avx2 --workers 3
              smpo audit run-1 --json

            \(ExitStatus.help([.reproduced, .diverged, .trouble, .tampered, .incomparable, .usage]))
            """)

    @Argument(help: "Name of the run.")
    var name: String

    @Flag(help: "Print the report as JSON.")
    var json = false

    @OptionGroup var engineOptions: EngineOptions

    func run() throws {
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let workspace = Workspace()
        var bar: ProgressBar?
        let report = try Auditor(workspace: workspace, engine: engine).audit(name) { step, total in
            if bar == nil { bar = ProgressBar(total: total, unit: "replayed step") }
            bar?.update(step)
        }
        bar?.finish()
        if let store = try? workspace.existingLedger(), (try? store.run(name)) != nil {
            // An audit of a run in the ledger is noted there; a read-only ledger stays as it is.
            _ = Result {
                try workspace.openLedger().recordAudit(of: name, verdict: report.verdict.rawValue, report: report.json)
            }
        }
        print(json ? report.json.pretty : AuditText.describe(report))
        let status = AuditCommand.status(of: report.verdict)
        if status != .reproduced { throw status.code }
    }

    static func status(of verdict: Verdict) -> ExitStatus {
        switch verdict {
        case .reproduced: .reproduced
        case .diverged: .diverged
        case .tampered: .tampered
        case .incomparable: .incomparable
        }
    }
}
