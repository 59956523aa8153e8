import Core
import Foundation

/// A folder that several machines share, with a job's description and what its tasks have come to:
///
///     JOB/job.json                  the description; its digest is the job's identity
///     JOB/tasks.txt                 a command line a task
///     JOB/engine.json               what a scheduler was given of it
///     JOB/tasks/0007/result.json    the result of task 7, written once
///     JOB/tasks/0007/failure.json   how it last ended without one
///     JOB/tasks/0007/log            what its commands had to say
///     JOB/tasks/0007/alive          touched as long as it runs
///     JOB/tasks/0007/work-HOST-PID  where it worked, of a task that has a place of its own
package struct JobFolder: Sendable {
    /// The folder.
    package let path: String
    /// What `job.json` says.
    package let description: JobDescription
    /// The digest of the description.
    package let digest: Digest

    /// The folder holds no job, or another one.
    package struct OtherJob: Error, Equatable, CustomStringConvertible {
        package let path: String, expected: Digest, found: Digest
        package var description: String {
            "\(path)/job.json: expected job \(expected.hex.prefix(12)), found \(found.hex.prefix(12)): name another folder"
        }
    }

    private init(_ path: String, _ description: JobDescription) {
        self.path = path
        self.description = description
        digest = description.digest
    }

    /// Opens the folder of a job. - Throws: `FileError`, `JSONSyntaxError`, `JSONShapeError`.
    package init(_ path: String) throws {
        let file = "\(path)/job.json"
        self.init(path, try JobDescription(json: JSONCursor(try JSONValue.read(file), name: "job", file: file)))
    }

    /// Makes the folder of a job, or opens it where it is there already: the same question finds its answers.
    /// - Parameters:
    ///   - prepare: puts what the tasks need into the folder, before it is one.
    ///   - line: the command line that runs a task anywhere.
    /// - Throws: `OtherJob`, `FileError`, `JSONShapeError`.
    package static func make(
        _ path: String, _ description: JobDescription, prepare: (String) throws -> Void = { _ in },
        line: (Int) -> String
    ) throws -> JobFolder {
        if FileContents.exists("\(path)/job.json") {
            let folder = try JobFolder(path)
            guard folder.digest == description.digest else {
                throw OtherJob(path: path, expected: description.digest, found: folder.digest)
            }
            return folder
        }
        let folder = JobFolder(path, description)
        for task in description.tasks.indices { try FileContents.makeFolder(folder.task(task)) }
        try prepare(path)
        try AtomicFile.write(
            description.tasks.indices.map { line($0) + "\n" }.joined(), to: "\(path)/tasks.txt")
        // Last: a folder that has a description has all.
        try AtomicFile.write(description.json.pretty + "\n", to: "\(path)/job.json")
        return folder
    }

    /// The folder of a task.
    package func task(_ number: Int) -> String {
        let digits = "\(number)"
        return "\(path)/tasks/\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)"
    }

    /// The folder of its own in which the task worked that came to `result`; nil where it had none.
    package func place(of result: TaskResult, _ task: Int) -> String? {
        guard case .string(let name)? = result.circumstances["place"], name.hasPrefix(TaskPlace.prefix),
            !name.contains("/")
        else { return nil }
        return "\(self.task(task))/\(name)"
    }

    /// The result of a task; nil where there is none yet. - Throws: `TaskResult.Foreign` where the file holds something else.
    package func result(of task: Int) throws -> TaskResult? { try read("result.json", task) }

    /// The results that are there, by task. - Throws: `TaskResult.Foreign`.
    package func results() throws -> [Int: TaskResult] {
        var results: [Int: TaskResult] = [:]
        for task in description.tasks.indices { results[task] = try result(of: task) }
        return results
    }

    /// How a task last ended without a result, where that was told.
    package func failure(of task: Int) throws -> TaskResult? { try read("failure.json", task) }

    /// When a task was last heard of, by the folder's clock; nil where it has not begun.
    package func lastSign(of task: Int) -> Date? { date("alive", task) }

    /// When a task last told of a failure, by the folder's clock.
    func lastFailure(of task: Int) -> Date? { date("failure.json", task) }

    private func date(_ name: String, _ task: Int) -> Date? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: "\(self.task(task))/\(name)")
        return attributes?[.modificationDate] as? Date
    }

    private func read(_ name: String, _ task: Int) throws -> TaskResult? {
        let file = "\(self.task(task))/\(name)"
        guard FileContents.exists(file) else { return nil }
        return try TaskResult(file, of: task, in: self)
    }

    /// Results of a task that are not the first one's, by other machines: files whose names begin so.
    package func disagreements(of task: Int) -> [String] {
        let names = (try? FileContents.names(in: self.task(task))) ?? []
        return names.filter { $0.hasPrefix(WriteOnce.disagreement) }.sorted(by: utf8Less)
            .map { "\(self.task(task))/\($0)" }
    }
}
