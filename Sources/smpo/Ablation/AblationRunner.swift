import Audit
import Core
import Jobs
import Ledger

/// Runs jobs of an ablation and keeps their results: what is done already is only read, and a recorded run that was
/// interrupted is taken up.
struct AblationRunner {
    /// The ablation's folder, in which the commands run.
    let folder: String
    /// Jobs at a time.
    let width: Int
    let progress: JobProgress

    /// A command of a job has failed.
    struct Failed: Error, CustomStringConvertible {
        let job: String, failure: CommandFailure, folder: String
        var description: String {
            "\(job): \(failure), in \(folder); what is done is kept, the same command goes on"
        }
    }

    /// The results of `jobs`, in their order. - Throws: `Failed`, `ExitCode` when interrupted, `FileError`,
    /// `ContractDifference` where a result is kept that was computed under another contract.
    func results(_ jobs: [Job]) throws -> [JSONCursor] {
        let kept = KeptResults(folder: folder, contract: .standard)
        var results = try jobs.map { try earlierResult(of: $0, kept) }
        let missing = jobs.indices.filter { results[$0] == nil }
        for index in jobs.indices where results[index] != nil { progress.finished(jobs[index].name) }
        _ = try Runner.here(folder, width: width).run(
            missing.map { jobs[$0] },
            start: { try taken(up: $0.command, of: jobs[missing[$0.job]]) },
            read: { try output(of: jobs[missing[$0]], $1) },
            finished: { place, outputs in
                let job = jobs[missing[place]]
                try kept.keep(outputs, of: job)
                results[missing[place]] = try kept.result(of: job)
                progress.finished(job.name)
            })
        return results.compactMap(\.self)
    }

    /// A command's output, JSON or text. An audit that has come to a verdict other than a pass has a result.
    private func output(of job: Job, _ ending: CommandEnding) throws -> JSONValue {
        if ending.exitCode == ExitStatus.interrupted.rawValue { throw ExitStatus.interrupted.code }
        let isAudit = ending.command.arguments.first == "audit"
        do {
            if isAudit { _ = try ending.judged("audit") } else if ending.exitCode != 0 { throw ending.failure() }
        } catch let failure as CommandFailure {
            throw Failed(job: job.name, failure: failure, folder: folder)
        }
        let isJSON = ending.output.first == UInt8(ascii: "{")
        return isJSON
            ? try JSONValue.parse(ending.output, file: ending.command.text)
            : .string(String(decoding: ending.output, as: UTF8.self))
    }

    /// The command, or the one that goes on with the run that it began to record earlier.
    private func taken(up command: Command, of job: Job) throws -> Command {
        guard let run = job.run, command.arguments[0] == "train",
            try Workspace(root: folder).existingLedger()?.runs().contains(where: { $0.name == run }) == true
        else { return command }
        // Without RECIPE, --record LEVEL and --name RUN, which the record has.
        return Command(["train", "--resume", run] + command.arguments.dropFirst(6))
    }

    /// The kept result of a job; nil where there is none, and for an audit that found a fault: it is made again.
    private func earlierResult(of job: Job, _ kept: KeptResults) throws -> JSONCursor? {
        guard let done = try kept.result(of: job) else { return nil }
        guard job.commands.last?.arguments.first == "audit" else { return done }
        let outputs = try done["outputs"].elements()
        return try outputs.allSatisfy { try Verdict(json: $0["verdict"]).isPass } ? done : nil
    }
}
