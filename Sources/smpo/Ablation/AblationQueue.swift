import Audit
import Core
import Foundation
import Ledger
import Studies

/// Runs jobs of an ablation in processes of their own, some side by side, and keeps their results: what is done already is
/// only read, and a recorded run that was interrupted is taken up.
struct AblationQueue {
    /// The ablation's folder, in which the commands run.
    let folder: String
    /// Jobs at a time.
    let width: Int
    /// Told of each finished job, new or old.
    let finished: (AblationJob) -> Void

    /// A command of a job has failed.
    struct Failed: Error, CustomStringConvertible {
        let job: String, command: String, status: Int32, errors: String, folder: String
        var description: String {
            "\(job): \(command) in \(folder): exit code \(status): \(errors); what is done is kept, the same command goes on"
        }
    }

    private struct Running {
        let index: Int
        var command: Int
        var process: OwnProcess
        var outputs: [JSONValue]
    }

    /// The results of `jobs`, in their order. - Throws: `Failed`, `ExitCode` when interrupted, `FileError`.
    func results(_ jobs: [AblationJob]) throws -> [JSONCursor] {
        var results = [JSONCursor?](repeating: nil, count: jobs.count)
        var waiting: [Int] = []
        for (index, job) in jobs.enumerated() {
            if let done = try earlierResult(of: job) {
                results[index] = done
                finished(job)
            } else {
                waiting.append(index)
            }
        }
        var running: [Running] = []
        do {
            while !waiting.isEmpty || !running.isEmpty {
                if Interrupt.isRequested { throw ExitStatus.interrupted.code }
                while running.count < width, !waiting.isEmpty {
                    let index = waiting.removeFirst()
                    for file in jobs[index].files { try AtomicFile.write(file.text, to: "\(folder)/\(file.path)") }
                    running.append(
                        Running(index: index, command: 0, process: try start(jobs[index], 0), outputs: []))
                }
                guard let place = running.firstIndex(where: { !$0.process.isRunning }) else {
                    usleep(20_000)
                    continue
                }
                if try advance(&running[place], jobs) {
                    let index = running.remove(at: place).index
                    results[index] = try result(of: jobs[index])
                    finished(jobs[index])
                }
            }
        } catch {
            for one in running where one.process.isRunning { one.process.interrupt() }
            for one in running { _ = one.process.wait() }
            throw error
        }
        return results.compactMap(\.self)
    }

    /// Takes in what a command printed; gives whether it was the job's last, or starts the next.
    private func advance(_ one: inout Running, _ jobs: [AblationJob]) throws -> Bool {
        let job = jobs[one.index]
        let (ending, output) = (one.process.wait(), try one.process.output())
        guard ending.status == 0 || isVerdict(ending.status, output, of: job.commands[one.command]) else {
            if ending.status == ExitStatus.interrupted.rawValue { throw ExitStatus.interrupted.code }
            throw Failed(
                job: job.name, command: one.process.command, status: ending.status,
                errors: one.process.lastError ?? String(decoding: output, as: UTF8.self), folder: folder)
        }
        let isJSON = output.first == UInt8(ascii: "{")
        one.outputs.append(
            isJSON
                ? try JSONValue.parse(output, file: one.process.command)
                : .string(String(decoding: output, as: UTF8.self)))
        one.command += 1
        guard one.command == job.commands.count else {
            one.process = try start(job, one.command)
            return false
        }
        let value: JSONValue = [
            "schema": 1, "key": .digest(job.key),
            "commands": .array(job.commands.map { .string($0.joined(separator: " ")) }),
            "outputs": .array(one.outputs),
        ]
        try AtomicFile.write(value.pretty + "\n", to: "\(folder)/\(job.result)")
        return true
    }

    /// Whether a command is an audit that has come to a verdict, if not to a pass: that is a result, not a failure.
    private func isVerdict(_ status: Int32, _ output: [UInt8], of command: [String]) -> Bool {
        guard command.first == "audit", let json = try? JSONValue.parse(output, file: "audit"),
            let verdict = try? Verdict(json: JSONCursor(json, name: "audit")["verdict"])
        else { return false }
        return ExitStatus(verdict).rawValue == status
    }

    private func start(_ job: AblationJob, _ command: Int) throws -> OwnProcess {
        var arguments = job.commands[command]
        if let run = job.run, arguments[0] == "train", try isRecorded(run) {
            // Without RECIPE, --record LEVEL and --name RUN, which the record has.
            arguments = ["train", "--resume", run] + arguments.dropFirst(6)
        }
        return try OwnProcess(arguments, folder: folder)
    }

    private func isRecorded(_ run: String) throws -> Bool {
        guard let ledger = try Workspace(root: folder).existingLedger() else { return false }
        return try ledger.runs().contains { $0.name == run }
    }

    /// What was found before; nil where there is nothing, and for an audit that found a fault: it is made again.
    private func earlierResult(of job: AblationJob) throws -> JSONCursor? {
        guard FileContents.exists("\(folder)/\(job.result)") else { return nil }
        let done = try result(of: job)
        guard job.commands.last?.first == "audit" else { return done }
        let outputs = try done["outputs"].elements()
        return try outputs.allSatisfy { try Verdict(json: $0["verdict"]).isPass } ? done : nil
    }

    private func result(of job: AblationJob) throws -> JSONCursor {
        let file = "\(folder)/\(job.result)"
        let cursor = JSONCursor(try JSONValue.read(file), name: "result", file: file)
        // The file's name holds the key's first digits only.
        let key = try cursor["key"].digest()
        guard key == job.key else { throw try cursor["key"].error(expected: job.key.hex, found: key.hex) }
        return cursor
    }
}
