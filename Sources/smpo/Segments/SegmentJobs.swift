import Audit
import Jobs

/// Replays segments of a run side by side, here.
struct SegmentJobs {
    let audit: SegmentedAudit
    /// The folder of packed evidence; nil for the workspace.
    let evidence: String?
    let width: Int
    let engineOptions: EngineOptions

    /// The segments' results, in their order.
    func results() throws -> [SegmentResult] {
        let workers = max(1, engineOptions.workerCount / width)
        let jobs = audit.jobs(workers: workers, isa: engineOptions.isa, evidence: evidence)
        let progress = JobProgress(total: jobs.count, unit: "replayed segment")
        defer { progress.end() }
        return try Runner.here(width: width).run(
            jobs, read: { try audit.result($1, $0) }, finished: { job, _ in progress.finished(jobs[job].name) }
        ).map { $0[0] }
    }
}
