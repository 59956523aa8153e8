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
            The plan, a YAML file, names bases, sets of self-made or given pairs, and arms:
            recipes that differ in what is compared. Every arm is tuned over the same grid of
            learning rates and multiples of its own β on validation captions, with pairs of
            a seed of its own, and then run over the reported seeds and judged on test
            captions: by rules of the shapes world, that neither the labels' scorer nor the
            training knows, or, of a plan with rewards, by reward models on pictures of a
            file of prompts, as the paper's tables are made. Sweeps change one key of a tuned
            arm, conditions the pairs or the base.

            All runs are recorded in a folder of their own (.smpo/ablations/NAME or --out),
            and of each one in the main table a part, drawn by its chain head, is audited. Jobs run
            --jobs at a time. Started again, the command goes on where it was stopped. The
            tables are printed, and written as report.md and report.json, with report.svg
            (reward against compute) or pages/ (pictures beside the base's).

            --on slurm runs the jobs as tasks of arrays, --on file:JOB writes folders with a
            command line a task below JOB, one for each stage: run the lines, then the same
            command again (`smpo job --help`). Each task works in a folder of its own and
            hands its run over as packed evidence, which this process takes into the ledger;
            tables and chain heads are the same. The ablation's folder has to lie where
            all machines see it.

            EXAMPLES
              smpo ablate Manifests/recipes/paper-tables.yaml
              smpo ablate Manifests/recipes/paper-tables-short.yaml --no-audit
              smpo ablate Manifests/recipes/paper-tables-sd15.yaml --jobs 1
              smpo ablate Manifests/recipes/paper-tables-sd15.yaml --jobs 1 --set evaluation.count=50
              smpo ablate Manifests/recipes/paper-tables.yaml --on slurm
              (cd .smpo/ablations/paper-tables && smpo runs list)

            \(ExitStatus.help([.success, .diverged, .trouble, .tampered, .incomparable, .usage, .interrupted]))
            """)

    @Argument(help: "Plan, YAML.")
    var plan: String

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Set a key of the plan. Repeatable.", valueName: "key.path=value"))
    var set: [String] = []

    @Option(help: "Folder for runs and tables (default: .smpo/ablations/NAME).")
    var out: String?

    @Option(help: "Jobs at a time, which share the cores (default: the number of cores).")
    var jobs: Int?

    @Flag(inversion: .prefixedNo, help: "Audit a part of each run in the main table.")
    var audit = true

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var cluster: ClusterOptions

    func validate() throws {
        if let jobs, jobs < 1 || jobs > 256 { throw ValidationError("--jobs must be between 1 and 256, found \(jobs)") }
    }

    func run() throws {
        let plan = try AblationPlan.read(plan, overrides: set)
        let folder = AblationFolder(path: out ?? ".smpo/ablations/\(plan.name)")
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        let (planned, recipes) = try folder.prepare(plan)
        let ablation = Ablation(
            plan, jobs: planned, recipes: recipes, in: Workspace(root: folder.path), audits: audit)
        var runner = AblationRunner(
            folder: folder.path, width: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        if cluster.isElsewhere {
            // One that cannot be written is said now, and not when the first run is taken into it.
            _ = try Workspace(root: folder.path).openLedger()
            var tasks = try ClusterJobs(cluster)
            (tasks.width, tasks.isStaged, tasks.isGathered) = (jobs, true, false)
            runner.tasks = AblationTasks(name: plan.name, folder: folder.path, cluster: tasks)
        }
        let report = try runner.report(of: ablation)
        let value = report.json
        try AtomicFile.write(value.pretty + "\n", to: "\(folder.path)/report.json")
        let plot = RewardPlot(report).svg
        if !plot.isEmpty { try AtomicFile.write(plot, to: "\(folder.path)/report.svg") }
        let presenter =
            plot.isEmpty
            ? TableMarkdownPresenter() : TableMarkdownPresenter(drawing: "Reward against compute", at: "report.svg")
        try AtomicFile.write(presenter.present(report.finding), to: "\(folder.path)/report.md")
        print(json ? value.pretty : TableTextPresenter().present(report.finding))
        let pictures = plan.judging == nil ? "report.svg and grids/" : "and pages/"
        Message.note("written: \(folder.path)/report.md, report.json, \(pictures)")
        // Without audits (--no-audit) there is nothing to judge.
        if !report.audits.isEmpty { try ExitStatus(Verdict.gravest(of: report.audits.map(\.verdict))).end() }
    }
}
