import Audit
import Core
import Jobs

/// The self-test of a run on several processes: each is the command `smpo audit RUN --self-test --share K/N --json`.
struct SelfTestJobs {
    static let kind = "self-test"

    let run: String
    /// The number of shares.
    let count: Int
    /// The user's further options; a request that is read back has none.
    let trust: [String]

    init(run: String, count: Int, trust: TrustOptions) {
        self.run = run
        self.count = count
        self.trust = trust.arguments
    }

    private var shares: [SelfTestShare] { (1...count).compactMap { SelfTestShare($0, of: count) } }

    /// A job a share.
    func jobs(workers: Int, isa: String?) -> [Job] {
        shares.map { share in
            var arguments = ["audit", run, "--self-test", "--share", share.text, "--json", "--workers", "\(workers)"]
            if let isa { arguments += ["--isa", isa] }
            return Job("mutants \(share.text)", [Command(arguments + trust)])
        }
    }

    /// The report of processes here. - Throws: `ExitCode` when interrupted, `CommandFailure`.
    func report(_ options: EngineOptions) throws -> SelfTestReport {
        let jobs = jobs(workers: max(1, options.workerCount / count), isa: options.isa)
        let progress = JobProgress(total: jobs.count, unit: "share of the mutants")
        defer { progress.end() }
        let reports = try Runner.here(width: count).run(
            jobs, read: { try $1.judged("report") }, finished: { job, _ in progress.finished(jobs[job].name) })
        return try SelfTestReport(shares: reports.map { $0[0] }, run: run)
    }

    /// The report of tasks' results. - Throws: `Incomplete`, `CommandFailure`, `JSONShapeError`.
    func report(of tasks: [Int: TaskResult]) throws -> SelfTestReport {
        let reports = try tasks.sorted { $0.key < $1.key }.map { try $0.value.endings[0].judged("report") }
        guard reports.count == count else {
            throw Incomplete(done: reports.count, total: count, unit: "shares of the mutants")
        }
        return try SelfTestReport(shares: reports, run: run)
    }

    /// All that makes the report of results.
    var request: JSONValue { ["run": .string(run), "shares": .integer(count)] }

    /// Reads a request. - Throws: `JSONShapeError`.
    init(request cursor: JSONCursor) throws {
        (run, count, trust) = (try cursor["run"].string(), try cursor["shares"].int(), [])
        guard (1...256).contains(count) else {
            throw try cursor["shares"].error(expected: "1 to 256", found: "\(count)")
        }
    }
}
