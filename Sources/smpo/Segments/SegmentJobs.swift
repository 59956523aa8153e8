import Audit
import Jobs

/// Replays segments of a run side by side: each is the command `smpo audit RUN --segment A..B --json`.
struct SegmentJobs {
    let run: String
    /// The name of the run's contract.
    let contract: String
    let width: Int
    let engineOptions: EngineOptions

    /// The segments' results, in their order.
    func results(_ segments: [ClosedRange<Int>]) throws -> [SegmentResult] {
        let jobs = segments.map { Job(name($0), [Command(arguments($0))]) }
        let progress = JobProgress(total: jobs.count, unit: "replayed segment")
        defer { progress.end() }
        return try Runner.here(width: width).run(
            jobs, read: { try result($1, segments[$0]) }, finished: { job, _ in progress.finished(name(segments[job])) }
        ).map { $0[0] }
    }

    private func name(_ steps: ClosedRange<Int>) -> String { "\(steps.lowerBound)..\(steps.upperBound)" }

    private func arguments(_ steps: ClosedRange<Int>) -> [String] {
        var arguments = ["audit", run, "--segment", name(steps), "--json", "--unnoted"]
        arguments += ["--workers", "\(max(1, engineOptions.workerCount / width))"]
        if let isa = engineOptions.isa { arguments += ["--isa", isa] }
        return arguments
    }

    private func result(_ ending: CommandEnding, _ steps: ClosedRange<Int>) throws -> SegmentResult {
        let report = try ending.judged("report")
        do {
            // A run that is found changed before any replay has no segment to tell of.
            return try SegmentResult(json: report, steps: steps, contract: contract)
        } catch {
            throw ending.failure("\(error)")
        }
    }
}
