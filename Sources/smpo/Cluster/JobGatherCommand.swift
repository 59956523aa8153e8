import ArgumentParser
import Audit
import Core
import Jobs
import Ledger
import Reports

/// `smpo job gather`
struct JobGatherCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gather",
        abstract: "Make the report of a job's results; its exit code is the verdict's.",
        discussion: """
            Needs the folder alone, on any machine. A task without a result, or with
            one that is not its own, is no verdict: exit code 2.

            EXAMPLES
              smpo job gather /shared/job-1
              smpo job gather /shared/job-1 --json

            \(ExitStatus.help([.success, .diverged, .trouble, .tampered, .incomparable, .usage]))
            """)

    @Argument(help: "The job's folder.")
    var job: String

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run() throws {
        let folder = try JobFolder(job)
        let request = JSONCursor(folder.description.request, name: "request", file: "\(job)/job.json")
        let results = try folder.results()
        try ClusterJobs.Disagreement.check(folder)
        switch folder.description.kind {
        case SegmentedAudit.kind:
            let report = try SegmentedAudit(request: request).report(of: results)
            print(json ? report.json.pretty : SegmentText.describe(report))
            try ExitStatus(report.verdict).end()
        case SelfTestJobs.kind:
            let report = try SelfTestJobs(request: request).report(of: results)
            print(json ? report.json.pretty : SelfTestText.describe(report))
            try ExitStatus(report.verdict).end()
        case UnitJobs.kind:
            let report = try UnitJobs(request: request).report(of: results)
            print(json ? report.json.pretty : UnitText.describe(report))
            try ExitStatus(report.verdict).end()
        case AblationTasks.kind: throw MadeByItsCommand(folder: job, command: "smpo ablate")
        case "gate": throw MadeByItsCommand(folder: job, command: "smpo gate")
        case "eval": throw MadeByItsCommand(folder: job, command: "smpo eval")
        case "encode": throw MadeByItsCommand(folder: job, command: "smpo data encode")
        default:
            throw JSONCursor(.string(folder.description.kind), name: "kind", file: "\(job)/job.json").error(
                expected: "\(SegmentedAudit.kind), \(SelfTestJobs.kind) or \(UnitJobs.kind)",
                found: folder.description.kind)
        }
    }

    /// What the results are needed for is more than a report of them.
    struct MadeByItsCommand: Error, CustomStringConvertible {
        let folder: String, command: String
        var description: String {
            "\(folder): no report is made of these results alone; give the \(command) that wrote the folder again, which goes on"
        }
    }
}
