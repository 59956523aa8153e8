import ArgumentParser
import Core
import Foundation
import Jobs
import Reports

/// `smpo job status`
struct JobStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say which tasks of a job have a result, which run, and which do not.",
        discussion: """
            EXAMPLES
              smpo job status /shared/job-1

            \(ExitStatus.help([.success, .trouble, .usage]))
            """)

    @Argument(help: "The job's folder.")
    var job: String

    @Flag(help: "Print as JSON.")
    var json = false

    /// How a task stands.
    private struct Row {
        let task: Int, name: String, state: String, note: String?
    }

    func run() throws {
        let folder = try JobFolder(job)
        let rows = folder.description.tasks.enumerated().map { row($0, $1, folder) }
        guard !json else {
            let value: JSONValue = [
                "schema": 1, "job": .digest(folder.digest), "kind": .string(folder.description.kind),
                "tasks": .array(
                    rows.map { row in
                        var object: JSONObject = [
                            "task": .integer(row.task), "name": .string(row.name), "state": .string(row.state),
                        ]
                        object["note"] = row.note.map { .string($0) }
                        return .object(object)
                    }),
            ]
            return print(value.pretty)
        }
        let done = rows.count { $0.state == "done" }
        var lines = ["\(folder.description.kind): \(done) of \(rows.count) tasks have a result"]
        for row in rows {
            lines.append("  \(row.task)  \(row.name)  \(row.state)\(row.note.map { ": \($0)" } ?? "")")
        }
        print(VisibleText.lines(lines))
    }

    private func row(_ task: Int, _ job: Job, _ folder: JobFolder) -> Row {
        func row(_ state: String, _ note: String? = nil) -> Row {
            Row(task: task, name: job.name, state: state, note: note)
        }
        do {
            if let result = try folder.result(of: task) {
                return folder.disagreements(of: task).isEmpty
                    ? row("done", "on \(result.host)")
                    : row("disagrees", "two machines came to two results")
            }
            let sign = folder.lastSign(of: task)
            if let failure = try folder.failure(of: task), let last = failure.endings.last {
                return row("failed", "on \(failure.host): \(last.failure())")
            }
            guard let sign else { return row("not begun") }
            let seconds = Int(max(0, Date().timeIntervalSince(sign)))
            return row(seconds < 60 ? "running" : "silent", "last heard of \(seconds) s ago")
        } catch {
            return row("unreadable", "\(error)")
        }
    }
}
