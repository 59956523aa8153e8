import Audit
import Core
import Foundation
import Jobs
import Ledger
import Studies

/// Runs jobs of an ablation and keeps their results: what is done already is only read, and a recorded run that was
/// interrupted is taken up.
struct AblationRunner {
    /// The ablation's folder, in which the commands run.
    let folder: String
    /// Jobs at a time.
    let width: Int
    /// Where the jobs run that are tasks elsewhere; nil for processes here.
    var tasks: AblationTasks?

    /// A command of a job has failed.
    struct Failed: Error, CustomStringConvertible {
        let job: String, failure: CommandFailure, folder: String
        var description: String {
            "\(job): \(failure), in \(folder); what is done is kept, the same command goes on"
        }
    }

    /// Runs all jobs of an ablation. - Throws: `Failed`, `ExitCode` when interrupted, `FileError`.
    func report(of ablation: Ablation) throws -> AblationReport {
        let kept = try KeptResults.here(folder)
        if let tasks {
            return try ablation.report { jobs, _ in
                try tasks.outputs(of: jobs, keeping: kept, read: output).enumerated().map {
                    JSONCursor(["outputs": .array($1)], name: jobs[$0].name)
                }
            }
        }
        let progress = JobProgress(total: ablation.jobCount, unit: "job")
        defer { progress.end() }
        return try ablation.report { jobs, atOnce in
            try Runner.here(folder, width: atOnce ?? width).run(
                jobs, keeping: kept,
                start: { try sharing(taken(up: $0.command, of: jobs[$0.job]), atOnce ?? width) },
                read: { try output(of: jobs[$0], $1) }, finished: { job, _ in progress.finished(jobs[job].name) }
            ).enumerated().map { JSONCursor(["outputs": .array($1)], name: jobs[$0].name) }
        }
    }

    /// What a command printed, JSON or text. An audit that has come to a verdict other than a pass has a result.
    private func output(of job: Job, _ ending: CommandEnding) throws -> JSONValue {
        if ending.exitCode == ExitStatus.interrupted.rawValue { throw ExitStatus.interrupted.code }
        let isAudit = ending.command.arguments.first == "audit"
        do {
            if isAudit { _ = try ending.judged("audit") } else if ending.exitCode != 0 { throw ending.failure() }
        } catch let failure as CommandFailure {
            throw Failed(job: job.name, failure: failure, folder: folder)
        }
        return try ending.value()
    }

    /// The command with its share of the cores; no bit depends on how many workers there are.
    private func sharing(_ command: Command, _ atOnce: Int) -> Command {
        let one = AblationJobs.oneWorker
        let workers = max(1, ProcessInfo.processInfo.activeProcessorCount / atOnce)
        guard workers > 1, command.arguments.suffix(one.count).elementsEqual(one) else { return command }
        return Command(command.arguments.dropLast() + ["\(workers)"])
    }

    /// The command, or the one that goes on with the run that it began to record earlier.
    private func taken(up command: Command, of job: Job) throws -> Command {
        guard let run = job.run, command.arguments[0] == "train",
            try Workspace(root: folder).existingLedger()?.runs().contains(where: { $0.name == run }) == true
        else { return command }
        // Without RECIPE, --record LEVEL and --name RUN, which the record has.
        return Command(["train", "--resume", run] + command.arguments.dropFirst(6))
    }
}
