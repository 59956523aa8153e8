import ArgumentParser
import Audit
import Compute
import Core
import Foundation
import Jobs

/// Replays golden runs side by side, each in a process of its own; a run that costs more than its share of all gets more
/// of the workers. What a process cannot say is trouble of its run, and the others go on.
struct GateReplays {
    /// Processes at a time.
    let width: Int
    /// Workers of all together.
    let cores: Int
    /// The seconds in which all should be done, where not every step has to be replayed.
    let budget: Int?

    /// The cases of `jobs`, in their order. - Throws: `ExitCode` when interrupted.
    func cases(_ jobs: [GateJob]) throws -> [GateCase] {
        let total = max(1, jobs.reduce(0) { $0 + $1.cost })
        // The longest first, so that none of them is left over; with a budget last, with what the others did not need.
        let order = jobs.indices.sorted { left, right in
            let (a, b) = (jobs[left].cost, jobs[right].cost)
            return a == b ? left < right : (a > b) == (budget == nil)
        }
        let progress = JobProgress(total: jobs.count, unit: "golden run")
        defer { progress.end() }
        let begin = ContinuousClock.now
        var cases = [GateCase?](repeating: nil, count: jobs.count)
        _ = try Runner.here(width: width, cores: cores).run(
            order.map { jobs[$0].job(workers: share(jobs[$0], total)) },
            start: { start in
                // An evaluation is checked as a whole or not at all.
                guard let budget, jobs[order[start.job]].evaluation == nil else { return start.command }
                let rest = max(0, Double(budget) - (ContinuousClock.now - begin) / .seconds(1))
                let side = min(width, max(1, cores / share(jobs[order[start.job]], total)), start.waiting + 1)
                let seconds = rest * Double(side) / Double(start.waiting + 1)
                return Command(
                    start.command.arguments
                        + ["--budget", "\((seconds * 1000).rounded() / 1000)", "--no-localize"])
            },
            read: { cases[order[$0]] = try outcome(of: jobs[order[$0]], $1) },
            finished: { job, _ in
                guard let found = cases[order[job]] else { return }
                if found.outcome.isFailure { Message.note("\(found.name): \(found.outcome.rawValue)") }
                progress.finished(found.name)
            })
        if budget == nil { try addReplacementHeads(to: &cases) }
        return cases.compactMap(\.self)
    }

    /// The cases of `jobs`, each a task elsewhere, in their order. Every gate asks anew: what an earlier one's tasks have looked at may
    /// have changed since. - Throws: `ExitCode` when interrupted, `EngineFailure`.
    func cases(_ jobs: [GateJob], on cluster: ClusterJobs) throws -> [GateCase] {
        guard !jobs.isEmpty else { return [] }
        let asked = "\(ThisHost.name) \(getpid()) \(Date().timeIntervalSince1970)"
        let description = JobDescription(
            kind: "gate", request: ["asked": .string(asked)], evidence: [:], program: try OwnProcesses.digest(),
            contract: Contract.standard.rawValue,
            tasks: jobs.map { $0.job(workers: $0.way.workers ?? cluster.cores) })
        let results = try cluster.results(description, unit: "golden run")
        var cases: [GateCase?] = try jobs.enumerated().map { index, job in
            guard let result = results[index] else {
                return trouble(job, "its task on \(cluster.options.on.text) has no result")
            }
            return try outcome(of: job, result.endings[0])
        }
        for one in cases.compactMap(\.self) where one.outcome.isFailure {
            Message.note("\(one.name): \(one.outcome.rawValue)")
        }
        try addReplacementHeads(to: &cases)
        return cases.compactMap(\.self)
    }

    /// A run whose recipe has changed is replayed by the recipe as it is, so that the head that it would have is known.
    private func addReplacementHeads(to cases: inout [GateCase?]) throws {
        var runs: [String] = []
        for one in cases.compactMap(\.self) where one.outcome == .recipe && !runs.contains(one.run) {
            runs.append(one.run)
        }
        let reviews = runs.map {
            Job("review \($0)", [Command(["golden", "review", $0, "--discard", "--json", "--workers", "\(cores)"])])
        }
        // A head that cannot be found is left out: the run has failed already.
        let heads = try Runner.here(width: 1).run(
            reviews,
            read: { _, ending in
                try? ending.report("report")["reviews"][0]["found"]["chain_head"].digest()
            })
        for (run, head) in zip(runs, heads) {
            for index in cases.indices where cases[index]?.outcome == .recipe && cases[index]?.run == run {
                cases[index]?.heads.found = head[0]
            }
        }
    }

    /// The number of workers that a job takes up.
    private func share(_ job: GateJob, _ total: Int) -> Int {
        if let workers = job.way.workers { return min(workers, cores) }
        let fair = (Double(cores) * Double(job.cost) / Double(total)).rounded()
        return min(cores, max(1, Int(fair), width == 1 ? cores : 1))
    }

    private func trouble(_ job: GateJob, _ reason: String) -> GateCase {
        var result = GateCase(run: job.run, way: job.way, in: job.workspace, outcome: .trouble, reason: reason)
        result.changes = job.changes
        if let watch = job.watch { result.note(watch) }
        return result
    }

    /// The case that an ended process reports. Its exit code and its report must agree.
    private func outcome(of job: GateJob, _ ending: CommandEnding) throws -> GateCase {
        do {
            let report = try ending.judged("report")
            if let record = job.evaluation {
                return try GateCase(evaluation: record, job.run, way: job.way, in: job.workspace, check: report)
            }
            var result = try GateCase(
                run: job.run, way: job.way, in: job.workspace, audit: report, changes: job.changes)
            if let watch = job.watch { result.note(watch) }
            return result
        } catch let interrupted as ExitCode {
            throw interrupted
        } catch let failure as CommandFailure {
            // A message of the program itself needs no command before it.
            let words = "smpo: trouble: "
            guard let said = failure.reason, said.hasPrefix(words) else { return trouble(job, failure.description) }
            return trouble(job, String(said.dropFirst(words.count)))
        } catch {
            return trouble(job, "\(ending.command.text): \(ending.cause): \(error)")
        }
    }
}
