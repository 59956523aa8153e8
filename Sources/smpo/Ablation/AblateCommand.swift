import ArgumentParser
import Audit
import Core
import Foundation
import Ledger
import Pages
import Studies

/// `smpo ablate`
struct AblateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ablate",
        abstract: "Run the arms of a comparison over several seeds, audit them, and print the tables.",
        discussion: """
            The plan, a YAML file, names bases, sets of self-made pairs, and arms: recipes
            that differ in what is compared. Every arm is tuned over the same grid of
            learning rates and multiples of its own β on validation captions, with pairs of
            a seed of its own, and then run over the reported seeds and judged on test
            captions, by rules that neither the labels' scorer nor the training knows.
            Sweeps change one key of a tuned arm, conditions the pairs or the base.

            All runs are recorded in a folder of their own (.smpo/ablations/NAME or --out),
            and of each one in the main table a part, drawn by its chain head, is audited. Jobs run
            --jobs at a time. Started again, the command goes on where it was stopped. The
            tables are printed, and written as report.md, report.json and report.svg
            (reward against compute).

            EXAMPLES
              smpo ablate Manifests/recipes/paper-tables.yaml
              smpo ablate Manifests/recipes/paper-tables-short.yaml --no-audit
              (cd .smpo/ablations/paper-tables && smpo runs list)

            \(ExitStatus.help([.success, .diverged, .trouble, .tampered, .incomparable, .usage, .interrupted]))
            """)

    @Argument(help: "Plan, YAML.")
    var plan: String

    @Option(help: "Folder for runs and tables (default: .smpo/ablations/NAME).")
    var out: String?

    @Option(help: "Jobs at a time, each with one worker thread (default: the number of cores).")
    var jobs: Int?

    @Flag(inversion: .prefixedNo, help: "Audit a part of each run in the main table.")
    var audit = true

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if let jobs, jobs < 1 || jobs > 256 { throw ValidationError("--jobs must be between 1 and 256, found \(jobs)") }
    }

    func run() throws {
        let plan = try AblationPlan.read(plan)
        let folder = AblationFolder(path: out ?? ".smpo/ablations/\(plan.name)")
        let (planned, recipes) = try folder.prepare(plan)
        let ablation = Ablation(
            plan, jobs: planned, recipes: recipes, in: Workspace(root: folder.path), audits: audit)
        let runner = AblationRunner(
            folder: folder.path, width: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        let report = try runner.report(of: ablation)
        let value = report.json
        try AtomicFile.write(value.pretty + "\n", to: "\(folder.path)/report.json")
        try AtomicFile.write(RewardPlot(report).svg, to: "\(folder.path)/report.svg")
        try AtomicFile.write(
            TableMarkdownPresenter(drawing: "Reward against compute", at: "report.svg").present(report.finding),
            to: "\(folder.path)/report.md")
        print(json ? value.pretty : TableTextPresenter().present(report.finding))
        Message.note("written: \(folder.path)/report.md, report.json, report.svg and grids/")
        // Without audits (--no-audit) there is nothing to judge.
        if !report.audits.isEmpty { try ExitStatus(Verdict.gravest(of: report.audits.map(\.verdict))).end() }
    }
}
