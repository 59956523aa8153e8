import ArgumentParser
import Compute
import Core
import Foundation
import Jobs

/// `smpo job run`
struct JobRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run one task of a job.",
        discussion: """
            Without a number it is that of the array's member which this process is:
            SLURM_ARRAY_TASK_ID, PBS_ARRAY_INDEX and JOB_COMPLETION_INDEX count from
            0, SGE_TASK_ID and LSB_JOBINDEX from 1.

            Exit code 0 says that there is a result, whatever it says; what ended
            without one (a machine's trouble, a signal) may be run again.

            EXAMPLES
              smpo job run /shared/job-1 7

            \(ExitStatus.help([.success, .trouble, .usage, .interrupted]))
            """)

    @Argument(help: "The job's folder.")
    var job: String

    @Argument(help: "The task's number, from 0 on.")
    var task: Int?

    func run() throws {
        let folder = try JobFolder(job)
        let count = folder.description.tasks.count
        guard let task = task ?? JobRunCommand.member(ProcessInfo.processInfo.environment) else {
            throw ValidationError("expected the number of a task, 0 to \(count - 1)")
        }
        guard (0..<count).contains(task) else {
            throw ValidationError("expected a task from 0 to \(count - 1), found \(task)")
        }
        try JobKinds.check(folder, task)
        let own = try OwnProcesses.digest()
        guard own == folder.description.program else {
            throw OtherProgram(folder: job, expected: folder.description.program, found: own)
        }
        Interrupt.listen()
        let run = TaskRun(
            task, of: folder, on: OwnProcesses(), circumstances: ["isa": .string("\(ISA.best)")]
        ) { if Interrupt.isRequested { throw ExitStatus.interrupted.code } }
        let name = folder.description.tasks[task].name
        switch try run.run() {
        case .there: print("task \(task) (\(name)): has a result already")
        case .done: print("task \(task) (\(name)): has a result")
        case .disagrees(let file):
            Message.note(
                "task \(task) (\(name)): another machine came to something else; what this one found is in \(file)")
            throw ExitStatus.trouble.code
        case .failed(let reason):
            Message.note("task \(task) (\(name)): no result: \(reason)")
            throw ExitStatus.trouble.code
        }
    }

    /// The number that a scheduler gave this process.
    static func member(_ environment: [String: String]) -> Int? {
        for (name, first) in [
            ("SLURM_ARRAY_TASK_ID", 0), ("PBS_ARRAY_INDEX", 0), ("SGE_TASK_ID", 1), ("LSB_JOBINDEX", 1),
            ("JOB_COMPLETION_INDEX", 0),
        ] {
            // "undefined" and 0 are what SGE and LSF give processes that are no members.
            if let number = environment[name].flatMap({ Int($0) }), number >= first { return number - first }
        }
        return nil
    }

    /// The machine has another program than the one that wrote the job.
    struct OtherProgram: Error, CustomStringConvertible {
        let folder: String, expected: Digest, found: Digest
        var description: String {
            "\(folder)/job.json: expected the program \(expected.hex.prefix(12)), found \(found.hex.prefix(12)) on "
                + "\(ThisHost.name): install the same file on all machines"
        }
    }
}
