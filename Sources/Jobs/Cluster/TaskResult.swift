import Core

/// What a task came to: how its commands ended, what they printed, and all that this belongs to.
package struct TaskResult: Sendable {
    /// The ends of the commands, in their order.
    package let endings: [CommandEnding]
    /// The machine that ran it, its instruction set, and for how long; nothing of it may matter.
    package let circumstances: JSONObject

    package init(_ endings: [CommandEnding], circumstances: JSONObject) {
        self.endings = endings
        self.circumstances = circumstances
    }

    /// Whether another try could not come to anything else: every command has said what it found, or that it was asked wrongly.
    package var isFinal: Bool {
        for ending in endings {
            guard let code = ending.exitCode, code == 64 || TaskResult.answers.contains(code) else { return false }
        }
        return true
    }

    /// Exit codes of an answer, whatever it is; 64 says that the question was wrong. Trouble (2) and signals may be the machine's.
    static let answers: Set<Int32> = [0, 1, 3, 4]

    /// The machine's name, as it stands in the circumstances.
    package var host: String { if case .string(let host)? = circumstances["host"] { host } else { "unknown" } }

    /// A file in a result's place that is not this task's result.
    package struct Foreign: Error, CustomStringConvertible {
        package let file: String, reason: String
        package var description: String {
            "\(file): no result of this task (\(reason)); move it away and gather again"
        }
    }

    /// Its form in the file, but for the circumstances.
    private func value(_ task: Int, _ folder: JobFolder) -> JSONObject {
        [
            "schema": 1, "job": .digest(folder.digest), "task": .integer(task),
            "key": .digest(folder.description.tasks[task].key), "program": .digest(folder.description.program),
            "contract": .string(folder.description.contract),
            "endings": .array(
                endings.map { ending in
                    var object: JSONObject = ["output": .string(String(decoding: ending.output, as: UTF8.self))]
                    switch ending.cause {
                    case .exit(let code): object["exit"] = .integer(code)
                    case .signal(let number): object["signal"] = .integer(number)
                    case .notStarted(let reason): object["not_started"] = .string(reason)
                    }
                    // What an answer's process says on the way is progress.
                    var isAnswer = false
                    if let code = ending.exitCode { isAnswer = TaskResult.answers.contains(code) }
                    object["error"] = isAnswer ? nil : ending.lastError.map { .string($0) }
                    return .object(object)
                }),
        ]
    }

    /// Writes it for `task`, once; nil where it agrees with what was there, else the file that says what does not.
    /// - Throws: `FileError`.
    func write(_ task: Int, in folder: JobFolder) throws -> String? {
        let own = value(task, folder)
        let outcome = try WriteOnce.write(bytes(own), to: "\(folder.task(task))/result.json") { bytes in
            guard case .object(var other)? = try? JSONValue.parse(bytes, file: "result.json") else { return false }
            other["circumstances"] = nil
            let ignored = folder.description.tasks[task].mayDiffer
            return TaskResult.without(ignored, other) == TaskResult.without(ignored, own)
        }
        if case .disagrees(let file) = outcome { return file }
        return nil
    }

    /// The form in the file without members of printed objects in which two runs of a task may differ.
    private static func without(_ members: [String], _ value: JSONObject) -> JSONObject {
        guard !members.isEmpty, case .array(let endings)? = value["endings"] else { return value }
        var value = value
        value["endings"] = .array(
            endings.map { ending in
                guard case .object(var ending) = ending, case .string(let output)? = ending["output"],
                    case .object(var printed)? = try? JSONValue.parse(Array(output.utf8), file: "output")
                else { return ending }
                for member in members { printed[member] = nil }
                ending["output"] = .object(printed)
                return .object(ending)
            })
        return value
    }

    /// Notes how a try ended without a result; the last one counts. - Throws: `FileError`.
    func writeFailure(_ task: Int, in folder: JobFolder) throws {
        try AtomicFile.write(bytes(value(task, folder)), to: "\(folder.task(task))/failure.json")
    }

    private func bytes(_ value: JSONObject) -> [UInt8] {
        var value = value
        value["circumstances"] = .object(circumstances)
        return Array((JSONValue.object(value).pretty + "\n").utf8)
    }

    /// Reads what a file says of `task`. - Throws: `Foreign`.
    init(_ file: String, of task: Int, in folder: JobFolder) throws {
        do {
            let cursor = JSONCursor(try JSONValue.read(file), name: "result", file: file)
            let (job, description) = (folder.description.tasks[task], folder.description)
            for (member, expected) in [
                ("job", folder.digest), ("key", job.key), ("program", description.program),
            ] {
                let found = try cursor[member].digest()
                guard found == expected else {
                    throw try cursor[member].error(expected: expected.hex, found: found.hex)
                }
            }
            let contract = try cursor["contract"].string()
            guard utf8Equal(contract, description.contract) else {
                throw try cursor["contract"].error(expected: description.contract, found: contract)
            }
            let number = try cursor["task"].int()
            guard number == task else { throw try cursor["task"].error(expected: "\(task)", found: "\(number)") }
            circumstances = try cursor["circumstances"].object()
            let ends = try cursor["endings"].elements()
            guard ends.count <= job.commands.count, !ends.isEmpty else {
                throw try cursor["endings"].error(expected: "1 to \(job.commands.count)", found: "\(ends.count)")
            }
            endings = try zip(job.commands, ends).map { command, end in
                let cause: CommandEnding.Cause =
                    if let code = try end["exit"].present?.int() {
                        .exit(Int32(truncatingIfNeeded: code))
                    } else if let number = try end["signal"].present?.int() {
                        .signal(Int32(truncatingIfNeeded: number))
                    } else { .notStarted(try end["not_started"].string()) }
                return CommandEnding(
                    command, cause, output: Array(try end["output"].string().utf8),
                    lastError: try end["error"].present?.string())
            }
        } catch {
            throw Foreign(file: file, reason: "\(error)")
        }
    }
}
