import ArgumentParser
import Audit
import Compute
import Foundation
import Ledger

/// `smpo gate`
struct GateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate",
        abstract: "Audit all golden runs, for CI: open only if every one of them is reproduced.",
        discussion: """
            Replays every golden run of Golden/, or those that match a pattern
            (fnmatch: * ? [a-z]), each in a process of its own, some side by side,
            and reports what came of each: reproduced, diverged (with the first
            difference, the kind of change and the head that the replay came to),
            recipe, tampered, incomparable, missing, unwatched or trouble. Whatever
            is not reproduced closes the gate: a run that is missing, that cannot be
            read or whose process crashes too, and a selection without runs. What
            was not looked at is said in every form: steps that were not replayed,
            golden runs that no pattern selects, runs that are not golden. Nothing
            is written into Golden/, but an acceptance that was cut off is finished.

            Golden/runs.txt says which runs there must be; `smpo golden accept`
            keeps it. A golden run that is not listed closes the gate, and so does
            one that is listed, or whose manifest says that it was accepted, and
            that is not there, and a list that is gone. Golden/RUN/history.jsonl
            must be the one whose digest the manifest has.

            Golden/RUN/policy.yaml says how the run is audited:

              compare: exact              # bit by bit, as without this line
              recipe:                     # what it was recorded by
                path: Manifests/recipes/shapes-dpo.yaml
                set: [training.steps=4]
              steps: 20                   # only the first 20 are replayed
              isa: [avx2, baseline]       # in each of these ways
              workers: [1, 3]

            A recipe that now says something else than the golden run's manifest,
            in its file or by a default, closes the gate, as `recipe`. A golden run
            that no recipe watches closes it, as `unwatched`: one without a policy,
            or whose policy names none, or sets what the run was recorded without.
            A run that no recipe can watch says why, and passes; every report
            repeats it:

              recipe: unwatched
              reason: recorded before its recipe was kept

            Golden/NAME/evaluation.json, a report of `smpo eval --prompts --json`,
            is a golden evaluation: all its pictures are drawn and scored again in
            each way, nothing kept from before, and every bit is compared. It is
            listed in Golden/runs.txt as runs are; a policy may give it isa and
            workers, and --quick leaves nothing of it out.

            --on slurm replays each run, in each way, as a task of an array: the
            folder must lie where all machines see it. Cores, memory and time of a
            task are those of cluster.yaml, or the site's.

            --quick gives the seconds that all may take: of each run the first
            steps are replayed, at least one, until its share is used up, and the
            report says which were not. It starts the runs that cost least first.

            Formats: text, json, junit (XML), sarif (2.1.0), github (annotations,
            at most ten), markdown. FORMAT=FILE writes into a file. Without
            --format it is text, and where GITHUB_ACTIONS is set, annotations
            before it. Where GITHUB_STEP_SUMMARY names a file, the Markdown is
            added to it.

            The gravest outcome decides on the exit code: tampered, then diverged
            and recipe (1), then incomparable, missing and unwatched (4), then
            trouble.

            EXAMPLES
              smpo gate
              smpo gate 'short-*' --isa avx2,baseline --workers 1,3
              smpo gate --quick 60
              smpo gate --device cuda
              smpo gate --on slurm --workers 1,3
              smpo gate --format text --format junit=gate.xml --format sarif=gate.sarif

            \(ExitStatus.help([.success, .diverged, .trouble, .tampered, .incomparable, .usage, .interrupted]))
            """)

    @Argument(help: "Patterns of the names of golden runs (default: all).")
    var patterns: [String] = []

    @Option(help: ArgumentHelp("Replay as many steps as fit into this time.", valueName: "seconds"))
    var quick: Int?

    @Option(
        help: "Processes side by side; each takes the run's memory (default: the number of cores; 1 with --device).")
    var jobs: Int?

    @Option(help: ArgumentHelp("Instruction sets, in place of the policies'. Repeatable.", valueName: "isa,…"))
    var isa: [String] = []

    @Option(help: ArgumentHelp("Numbers of workers, in place of the policies'. Repeatable.", valueName: "n,…"))
    var workers: [String] = []

    @Option(help: "Replay on this device, cuda or cuda:N, in place of the policies' ways.")
    var device = DeviceName.cpu

    @Option(help: ArgumentHelp("Form of the report, and its file. Repeatable.", valueName: "format[=file]"))
    var format: [GateFormat] = []

    @OptionGroup var cluster: ClusterOptions

    private var elsewhere: DeviceName? { device == .cpu ? nil : device }
    private var isas: [ISA] { isa.flatMap { $0.split(separator: ",") }.compactMap { ISA(rawValue: String($0)) } }
    private var workerCounts: [Int] { workers.flatMap { $0.split(separator: ",") }.compactMap { Int($0) } }

    func validate() throws {
        if cluster.isElsewhere, quick != nil || device != .cpu {
            throw ValidationError("--on excludes --quick and --device")
        }
        if case .file = cluster.on { throw ValidationError("--on: a gate's tasks run by local or slurm") }
        if let quick, quick < 1 { throw ValidationError("--quick: expected 1 or more seconds, found \(quick)") }
        if device != .cpu, !isa.isEmpty || !workers.isEmpty {
            throw ValidationError("--device excludes --isa and --workers")
        }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs: expected 1 to 256, found \(jobs)") }
        for word in isa.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
            guard let set = ISA(rawValue: String(word)) else {
                throw ValidationError("--isa: expected some of \(ISA.allCases.map(\.rawValue)), found \"\(word)\"")
            }
            guard set.isSupported else { throw ValidationError("--isa: this CPU does not support \(word)") }
        }
        for word in workers.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
            guard let count = Int(word), (1...256).contains(count) else {
                throw ValidationError("--workers: expected numbers from 1 to 256, found \"\(word)\"")
            }
        }
    }

    func run() throws {
        let workspace = Workspace()
        let outputs = try GateOutputs(format, GateEnvironment(), workspace)
        let selection = try GateSelection(workspace, patterns: patterns)
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let (jobs, failed) = plan(selection, workspace)
        // One process at a time takes a device's memory.
        let replays = GateReplays(
            width: self.jobs ?? (elsewhere == nil ? cores : 1), cores: cores, budget: quick)
        let replayed: [GateCase]
        if cluster.isElsewhere {
            var tasks = try ClusterJobs(cluster)
            tasks.width = self.jobs
            replayed = try replays.cases(jobs, on: tasks)
        } else {
            replayed = try replays.cases(jobs)
        }
        // In the order of the names; the ways of a run stay in theirs.
        let cases = selection.names.flatMap { run in (failed + replayed).filter { $0.run == run } }
        let report = GateReport(
            cases, version: Smpo.configuration.version, budget: quick, notSelected: selection.notSelected,
            notGolden: selection.notGolden)
        try outputs.write(report)
        try ExitStatus(report.outcome).end()
    }

    /// The replays to make, and the cases that fail without one.
    private func plan(_ selection: GateSelection, _ workspace: Workspace) -> (jobs: [GateJob], failed: [GateCase]) {
        var (jobs, failed): ([GateJob], [GateCase]) = ([], [])
        for run in selection.names {
            if let reason = selection.missing[run] {
                var one = GateCase(run: run, way: GateWay(), in: workspace, outcome: .missing, reason: reason)
                one.location = selection.list?.line(of: run).map { (workspace.goldenList, $0) }
                failed.append(one)
                continue
            }
            let plan =
                selection.evaluations.contains(run)
                ? GateJob.plan(evaluation: run, isas: isas, workers: workerCounts, device: elsewhere, workspace)
                : GateJob.plan(run, isas: isas, workers: workerCounts, device: elsewhere, workspace)
            switch plan {
            case .failed(let one): failed.append(one)
            case .jobs(let planned):
                for job in planned {
                    if let isa = job.way.isa, !isa.isSupported {
                        let reason = "its policy wants \(isa), which this CPU does not support"
                        failed.append(
                            GateCase(
                                run: run, way: job.way, in: workspace, outcome: .incomparable, reason: reason))
                    } else {
                        jobs.append(job)
                    }
                }
            }
        }
        return (jobs, failed)
    }
}
