import Audit
import Core
import Jobs

/// Tests the audit of a run on several processes: each is the command `smpo audit RUN --self-test --share K/N --json`.
struct SelfTestJobs {
    let run: String
    let width: Int
    let engineOptions: EngineOptions
    let trust: TrustOptions

    /// The shares' reports as one.
    func report() throws -> SelfTestReport {
        let shares = (1...width).compactMap { SelfTestShare($0, of: width) }
        let jobs = shares.map { Job("mutants \($0.text)", [Command(arguments($0))]) }
        let progress = JobProgress(total: jobs.count, unit: "share of the mutants")
        defer { progress.end() }
        let reports = try Runner.here(width: width).run(
            jobs, read: { try $1.judged("report") }, finished: { job, _ in progress.finished(jobs[job].name) })
        return try SelfTestReport(shares: reports.map { $0[0] }, run: run)
    }

    private func arguments(_ share: SelfTestShare) -> [String] {
        var arguments = ["audit", run, "--self-test", "--share", share.text, "--json"]
        arguments += ["--workers", "\(max(1, engineOptions.workerCount / width))"]
        if let isa = engineOptions.isa { arguments += ["--isa", isa] }
        return arguments + trust.arguments
    }
}
