import Core
import Foundation

/// Slurm: tasks are members of arrays that `sbatch` takes, and `squeue` tells of.
package final class SlurmEngine: JobEngine {
    /// What a task asks of a machine; nil is what the site gives by itself.
    package struct Resources: Sendable, Equatable {
        package var cores = 1
        package var memory: Int?
        package var seconds: Double?
        /// Tasks at a time.
        package var width: Int?
        /// Further options of `sbatch`.
        package var options: [String] = []
        /// Lines of the shell before a task, such as `module load`.
        package var setup: [String] = []

        package init() {}
    }

    private let resources: Resources
    private let program: String
    private let directory: String
    /// The arrays that it was given, in the order in which it was.
    private var arrays: [Submission] = []

    /// - Parameters:
    ///   - program: the program's path on the machines.
    ///   - directory: the folder in which tasks run.
    package init(_ resources: Resources, program: String, directory: String) {
        self.resources = resources
        self.program = program
        self.directory = directory
    }

    package func submit(_ tasks: [Int], of folder: JobFolder) throws {
        let most = try largestIndex()
        for (offset, members) in SlurmEngine.arrays(of: tasks, largestIndex: most) {
            var array = Submission(of: folder, offset: offset)
            try array.note(in: folder)
            let job = try run(
                ["sbatch"] + options(members, folder, name: array.name), input: script(folder, offset: offset))
            guard let number = job.split(whereSeparator: { $0 == ";" || $0.isWhitespace }).first else {
                throw EngineFailure(command: "sbatch", reason: "it gave no job's number")
            }
            array.job = String(number)
            arrays.append(array)
            try array.note(in: folder)
        }
    }

    package func takeUp(_ folder: JobFolder) throws {
        for var array in try Submission.all(of: folder) where !arrays.contains(where: { $0.name == array.name }) {
            if array.job == nil {
                // Whoever submitted it was ended before Slurm's answer could be written down.
                let numbers = try run(["squeue", "-h", "-n", array.name, "-o", "%F"])
                guard let number = numbers.split(whereSeparator: \.isWhitespace).first else { continue }
                array.job = String(number)
                try array.note(in: folder)
            }
            arrays.append(array)
        }
    }

    /// Tasks as arrays whose indices do not exceed the site's largest: each has an offset that is added to them.
    static func arrays(of tasks: [Int], largestIndex most: Int) -> [(offset: Int, members: [Int])] {
        Dictionary(grouping: tasks) { $0 / (most + 1) * (most + 1) }.sorted { $0.key < $1.key }
            .map { offset, tasks in (offset, tasks.map { $0 - offset }.sorted()) }
    }

    /// `0-3,7` of numbers in order.
    static func ranges(_ numbers: [Int]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }

    private func options(_ members: [Int], _ folder: JobFolder, name: String) -> [String] {
        let width = resources.width.map { "%\($0)" } ?? ""
        var options = [
            "--parsable", "--no-requeue", "--job-name=\(name)",
            "--array=\(SlurmEngine.ranges(members))\(width)", "--chdir=\(directory)",
            "--output=\(folder.path)/slurm-%A_%a.log", "--cpus-per-task=\(resources.cores)",
            // Time to end what runs in good order, before the site's patience ends.
            "--signal=B:TERM@60",
        ]
        // A bit more than is planned: the program and its libraries are there too.
        if let memory = resources.memory { options.append("--mem=\(memory / 1_048_576 * 5 / 4 + 256)M") }
        if let seconds = resources.seconds { options.append("--time=\(Int((seconds / 60).rounded(.up)))") }
        return options + resources.options
    }

    private func script(_ folder: JobFolder, offset: Int) -> String {
        let command = "exec \(ShellWord.quoted(program)) job run \(ShellWord.quoted(folder.path))"
        return (["#!/bin/sh"] + resources.setup + ["\(command) $((SLURM_ARRAY_TASK_ID + \(offset)))"])
            .joined(separator: "\n") + "\n"
    }

    private func largestIndex() throws -> Int {
        let lines = try run(["scontrol", "show", "config"]).split(separator: "\n")
        let size = lines.first { $0.hasPrefix("MaxArraySize") }.flatMap { $0.split(separator: "=").last }
            .flatMap { Int($0.trimmingCharacters(in: .whitespaces)) }
        return max(1, size ?? 1001) - 1
    }

    package func waiting() throws -> [Int: Bool] {
        var tasks: [Int: Bool] = [:]
        for array in arrays {
            guard let job = array.job else { continue }
            let lines: String
            do {
                lines = try run(["squeue", "-h", "-r", "-j", job, "-o", "%K %T"])
            } catch let error as EngineFailure where error.reason.contains("Invalid job id") {
                // Slurm forgets jobs some minutes after their end.
                continue
            }
            for line in lines.split(separator: "\n") {
                let words = line.split(separator: " ")
                if words.count == 2, let member = Int(words[0]), !SlurmEngine.ended.contains(String(words[1])) {
                    tasks[member + array.offset] = words[1] == "RUNNING"
                }
            }
        }
        return tasks
    }

    /// States of members that will not run any more. In COMPLETING a member stays as long as a node does not answer.
    private static let ended: Set<String> = [
        "BOOT_FAIL", "CANCELLED", "COMPLETED", "COMPLETING", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY",
        "PREEMPTED", "REVOKED", "TIMEOUT",
    ]

    package func cancel(_ tasks: Set<Int>?) {
        for array in arrays {
            guard let job = array.job else { continue }
            guard let tasks else {
                _ = try? run(["scancel", job])
                continue
            }
            for task in tasks where task >= array.offset {
                _ = try? run(["scancel", "\(job)_\(task - array.offset)"])
            }
        }
    }

    /// What a command of Slurm's prints. - Throws: `EngineFailure`.
    private func run(_ arguments: [String], input: String = "") throws -> String {
        let process = Process()
        let (output, errors, entry) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        (process.standardOutput, process.standardError, process.standardInput) = (output, errors, entry)
        do { try process.run() } catch { throw EngineFailure(command: arguments[0], reason: "\(error)") }
        try? entry.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try? entry.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let reason = said.split(separator: "\n").last.map(String.init) ?? "exit code \(process.terminationStatus)"
            throw EngineFailure(
                command: arguments[0],
                reason: process.terminationStatus == 127 ? "not found: is Slurm installed on this machine?" : reason)
        }
        return text
    }
}
