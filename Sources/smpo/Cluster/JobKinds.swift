import Core
import Jobs

/// The kinds of jobs that this program writes, and the commands that their tasks have. A description comes from a folder that
/// others can write into: what no job of this program would have is not run.
enum JobKinds {
    private static let commands: [String: [[String]]] = [
        SegmentedAudit.kind: [["audit"]], SelfTestJobs.kind: [["audit"]], UnitJobs.kind: [["audit"]],
        "gate": [["audit"], ["eval"]],
        AblationTasks.kind: [
            ["train"], ["eval"], ["audit"], ["sample"], ["data", "generate"], ["data", "encode"], ["runs", "pack"],
        ],
        "eval": [["eval"]], "encode": [["data", "encode"]],
    ]

    /// - Throws: `JSONShapeError` for another kind, and for a task that none of it has.
    static func check(_ folder: JobFolder, _ task: Int) throws {
        let (description, job) = (folder.description, folder.description.tasks[task])
        func error(_ path: String, expected: String, found: String) -> JSONShapeError {
            JSONShapeError(file: "\(folder.path)/job.json", path: path, expected: expected, found: found)
        }
        guard let known = commands[description.kind] else {
            throw error(
                "job.kind", expected: commands.keys.sorted(by: utf8Less).joined(separator: ", "),
                found: description.kind)
        }
        for command in job.commands {
            guard known.contains(where: { command.arguments.starts(with: $0) }), command.environment.isEmpty else {
                let words = known.map { $0.joined(separator: " ") }.joined(separator: ", ")
                throw error(
                    "job.tasks[\(task)].commands",
                    expected: "commands of the kind \(description.kind) (\(words)) without an environment",
                    found: command.text)
            }
        }
        if job.place != nil, description.kind != AblationTasks.kind {
            throw error("job.tasks[\(task)].place", expected: "none, of the kind \(description.kind)", found: "one")
        }
    }
}
