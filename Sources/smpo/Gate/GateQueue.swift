import Audit
import Compute
import Core
import Foundation

/// Replays golden runs in processes of their own, some side by side, which share the workers: a run that costs more than
/// its share of all gets more of them. What a process cannot say is trouble of its run, and the others go on.
struct GateQueue {
    /// Processes at a time.
    let width: Int
    /// Workers of all together.
    let cores: Int
    /// The seconds in which all should be done, where not every step has to be replayed.
    let budget: Int?
    /// Told how many are done, and the last one.
    let finished: (Int, GateCase) -> Void

    private struct Running {
        let index: Int
        let workers: Int
        let process: OwnProcess
    }

    /// The cases of `jobs`, in their order. - Throws: `ExitCode` when interrupted.
    func cases(_ jobs: [GateJob]) throws -> [GateCase] {
        var cases = [GateCase?](repeating: nil, count: jobs.count)
        let total = max(1, jobs.reduce(0) { $0 + $1.cost })
        // The longest first, so that none of them is left over; with a budget last, with what the others did not need.
        var waiting = jobs.indices.sorted { left, right in
            let (a, b) = (jobs[left].cost, jobs[right].cost)
            return a == b ? left < right : (a > b) == (budget == nil)
        }
        var running: [Running] = []
        let begin = ContinuousClock.now
        do {
            while !waiting.isEmpty || !running.isEmpty {
                if Interrupt.isRequested { throw ExitStatus.interrupted.code }
                let free = cores - running.reduce(0) { $0 + $1.workers }
                if running.count < width,
                    let place = waiting.firstIndex(where: { share(jobs[$0], total) <= free || running.isEmpty })
                {
                    let index = waiting.remove(at: place)
                    let workers = share(jobs[index], total)
                    let seconds = budget.map { budget in
                        let rest = max(0, Double(budget) - (ContinuousClock.now - begin) / .seconds(1))
                        let side = min(width, max(1, cores / workers), waiting.count + 1)
                        return rest * Double(side) / Double(waiting.count + 1)
                    }
                    do {
                        running.append(try start(jobs[index], index, workers, seconds))
                    } catch {
                        cases[index] = trouble(jobs[index], "\(error)")
                    }
                    continue
                }
                guard let place = running.firstIndex(where: { !$0.process.isRunning }) else {
                    usleep(20_000)
                    continue
                }
                let one = running.remove(at: place)
                let found = try result(of: jobs[one.index], one.process)
                cases[one.index] = found
                finished(cases.count { $0 != nil }, found)
            }
        } catch {
            for one in running where one.process.isRunning { one.process.interrupt() }
            for one in running { _ = one.process.wait() }
            throw error
        }
        if budget == nil { try addReplacementHeads(to: &cases) }
        return cases.compactMap(\.self)
    }

    /// A run whose recipe has changed is replayed by the recipe as it is, so that the head that it would have is known.
    private func addReplacementHeads(to cases: inout [GateCase?]) throws {
        var heads: [String: Digest] = [:]
        for (index, one) in cases.enumerated() {
            guard let one, one.outcome == .recipe else { continue }
            if heads[one.run] == nil {
                let process = try OwnProcess(
                    ["golden", "review", one.run, "--discard", "--json", "--workers", "\(cores)"])
                while process.isRunning {
                    if Interrupt.isRequested { process.interrupt() }
                    usleep(20_000)
                }
                if Interrupt.isRequested { throw ExitStatus.interrupted.code }
                // What cannot be told is not told: the run has failed already.
                let json = try? JSONValue.parse(process.output(), file: process.command)
                let reviews = try? JSONCursor(json, name: "report")["reviews"]
                heads[one.run] = try? reviews?[0]["found"]["chain_head"].digest()
            }
            cases[index]?.heads.found = heads[one.run]
        }
    }

    /// How many of the workers a job takes up.
    private func share(_ job: GateJob, _ total: Int) -> Int {
        if let workers = job.way.workers { return min(workers, cores) }
        let fair = (Double(cores) * Double(job.cost) / Double(total)).rounded()
        return min(cores, max(1, Int(fair), width == 1 ? cores : 1))
    }

    private func start(_ job: GateJob, _ index: Int, _ workers: Int, _ seconds: Double?) throws -> Running {
        var arguments = job.arguments + ["--workers", "\(job.way.workers ?? workers)"]
        if let seconds { arguments += ["--budget", "\((seconds * 1000).rounded() / 1000)", "--no-localize"] }
        return Running(index: index, workers: workers, process: try OwnProcess(arguments))
    }

    private func trouble(_ job: GateJob, _ reason: String) -> GateCase {
        var result = GateCase(run: job.run, way: job.way, in: job.workspace, outcome: .trouble, reason: reason)
        result.changes = job.changes
        result.note(job.watch)
        return result
    }

    /// What a process that has ended says. Its exit code and its report must agree.
    private func result(of job: GateJob, _ process: OwnProcess) throws -> GateCase {
        let (reason, status) = process.wait()
        guard reason == .exit else {
            return trouble(job, "\(process.command): ended by signal \(status)")
        }
        if status == ExitStatus.interrupted.rawValue { throw ExitStatus.interrupted.code }
        do {
            let json = try JSONValue.parse(process.output(), file: process.command)
            let cursor = JSONCursor(json, name: "report", file: process.command)
            var result = try GateCase(
                run: job.run, way: job.way, in: job.workspace, audit: cursor, changes: job.changes)
            result.note(job.watch)
            guard ExitStatus(try Verdict(json: cursor["verdict"])).rawValue == status else {
                return trouble(job, "\(process.command): exit code \(status), but the report says otherwise")
            }
            return result
        } catch {
            let said = process.lastError.map { $0.hasPrefix("smpo: trouble: ") ? String($0.dropFirst(15)) : $0 }
            return trouble(job, said ?? "\(process.command): exit code \(status): \(error)")
        }
    }
}
