import Audit
import Core
import Foundation

/// Replays segments in processes of their own, some at a time: each is the command `smpo audit RUN --segment A..B --json`,
/// which a cluster's scheduler could run as well.
struct SegmentJobs {
    let run: String
    let jobs: Int
    let engineOptions: EngineOptions

    private struct Job {
        let index: Int
        let process: OwnProcess
    }

    /// What came of each segment, in their order. `finished` is told how many are done.
    func results(_ segments: [ClosedRange<Int>], finished: (Int) -> Void) throws -> [SegmentResult] {
        var results = [SegmentResult?](repeating: nil, count: segments.count)
        var running: [Job] = []
        var next = 0
        while next < segments.count || !running.isEmpty {
            while running.count < jobs, next < segments.count {
                running.append(Job(index: next, process: try OwnProcess(arguments(segments[next]))))
                next += 1
            }
            guard let place = running.firstIndex(where: { !$0.process.isRunning }) else {
                usleep(20_000)
                continue
            }
            let job = running.remove(at: place)
            results[job.index] = try result(of: job, segments[job.index])
            finished(results.count { $0 != nil })
        }
        return results.compactMap(\.self)
    }

    private func arguments(_ steps: ClosedRange<Int>) -> [String] {
        var arguments = ["audit", run, "--segment", "\(steps.lowerBound)..\(steps.upperBound)", "--json", "--unnoted"]
        arguments += ["--workers", "\(max(1, engineOptions.workerCount / jobs))"]
        if let isa = engineOptions.isa { arguments += ["--isa", isa] }
        return arguments
    }

    private func result(of job: Job, _ steps: ClosedRange<Int>) throws -> SegmentResult {
        let (status, command) = (job.process.wait().status, job.process.command)
        do {
            let json = try JSONValue.parse(job.process.output(), file: command)
            // A run that is found changed before any replay has no segment to tell of.
            let result = try SegmentResult(json: JSONCursor(json, name: "report", file: command), steps: steps)
            guard ExitStatus(result.verdict).rawValue == status else {
                throw OwnProcess.Failed(command: command, status: status, errors: "the report says otherwise")
            }
            return result
        } catch {
            throw OwnProcess.Failed(command: command, status: status, errors: job.process.lastError ?? "\(error)")
        }
    }
}
