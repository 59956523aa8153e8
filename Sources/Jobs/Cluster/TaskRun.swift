import Core
import Foundation

/// The running of one task of a job's folder, on whatever machine.
package struct TaskRun {
    let folder: JobFolder
    let task: Int
    /// Where its commands run.
    let launcher: any Launcher
    /// What is told of the machine.
    let circumstances: JSONObject
    /// Called again and again while commands run: what it throws stops them.
    let stopIfAsked: () throws -> Void

    package init(
        _ task: Int, of folder: JobFolder, on launcher: any Launcher, circumstances: JSONObject,
        stopIfAsked: @escaping () throws -> Void
    ) {
        self.folder = folder
        self.task = task
        self.launcher = launcher
        self.circumstances = circumstances
        self.stopIfAsked = stopIfAsked
    }

    /// What came of it.
    package enum Outcome: Equatable {
        /// There was a result already.
        case there
        /// There is one now.
        case done
        /// There is one by another machine that says something else; this one's lies in the file.
        case disagrees(String)
        /// It ended without one, so.
        case failed(String)
    }

    /// A task that has to have a result before this one has none.
    package struct Early: Error, CustomStringConvertible {
        let folder: String, task: Int, needed: Int
        package var description: String {
            "\(folder): task \(task) builds on task \(needed), which has no result yet; run that one to its end first"
        }
    }

    /// Runs the task's commands one after another and writes the result. - Throws: `FileError`, `TaskResult.Foreign`, `Early`, and
    /// what `stopIfAsked` throws; then there is no result.
    package func run() throws -> Outcome {
        if try folder.result(of: task) != nil { return .there }
        for needed in folder.description.tasks[task].after where try folder.result(of: needed) == nil {
            throw Early(folder: folder.path, task: task, needed: needed)
        }
        try FileContents.makeFolder(folder.task(task))
        let sign = Heartbeat("\(folder.task(task))/alive")
        defer { sign.end() }
        let begin = ContinuousClock.now
        let job = folder.description.tasks[task]
        let scratch = NSTemporaryDirectory() + "smpo-task-\(UUID().uuidString)"
        let (launcher, own) = try place(job, scratch)
        // Kept where the result tells of it.
        defer {
            try? FileManager.default.removeItem(atPath: scratch)
            if let own, (try? folder.result(of: task)).flatMap({ folder.place(of: $0, task) }) != own {
                try? FileManager.default.removeItem(atPath: own)
            }
        }
        for file in job.files { try AtomicFile.write(file.text, to: "\(launcher.folder)/\(file.path)") }
        var endings: [CommandEnding] = []
        let log = TaskLog(of: folder.task(task))
        for command in job.commands {
            let ending: CommandEnding
            do { ending = try end(of: placed(command), launcher, log) } catch {
                // So that who waits need not wait for long: a time limit, or a machine that is wanted for something else.
                let stopped = CommandEnding(command, .notStarted("stopped before its end"))
                try? TaskResult(endings + [stopped], circumstances: described(since: begin, own)).writeFailure(
                    task, in: folder)
                throw error
            }
            endings.append(ending)
            // What follows builds on it.
            guard let code = ending.exitCode, TaskResult.answers.contains(code) else { break }
        }
        let result = TaskResult(endings, circumstances: described(since: begin, own))
        guard result.isFinal else {
            try result.writeFailure(task, in: folder)
            return .failed("\(endings[endings.count - 1].failure())")
        }
        if let file = try result.write(task, in: folder) { return .disagrees(file) }
        return .done
    }

    private func described(since begin: ContinuousClock.Instant, _ own: String?) -> JSONObject {
        var circumstances = circumstances
        circumstances["host"] = .string(ThisHost.name)
        circumstances["place"] = own.map { .string(URL(fileURLWithPath: $0).lastPathComponent) }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        circumstances["seconds"] = .decimal((seconds * 1000).rounded() / 1000)
        return circumstances
    }

    /// Where the task's commands run, and the folder that was made for it, if it wants one of its own. - Throws: `FileError`.
    private func place(_ job: Job, _ scratch: String) throws -> (launcher: any Launcher, own: String?) {
        guard var place = job.place else { return (launcher, nil) }
        place.own += job.files.map(\.path)
        if place.isHome { return (launcher.moved(to: place.home), nil) }
        let own = "\(folder.task(task))/\(TaskPlace.name())"
        do {
            if !place.local.isEmpty { try FileContents.makeFolder(scratch) }
            try place.make(own, in: absolute, scratch: scratch)
        } catch {
            try? FileManager.default.removeItem(atPath: own)
            throw error
        }
        return (launcher.moved(to: own), own)
    }

    private var absolute: String { URL(fileURLWithPath: folder.path).standardizedFileURL.path }

    /// The command with the job's folder where it has a sign for it.
    private func placed(_ command: Command) -> Command {
        let path = folder.description.tasks[task].place == nil ? folder.path : absolute
        return Command(
            command.arguments.map { $0.replacing(Job.folderToken, with: path) }, environment: command.environment)
    }

    /// Runs a command to its end. What asks this process to stop may have ended the command too: that is no result of it.
    private func end(
        of command: Command, _ launcher: any Launcher, _ log: TaskLog
    ) throws -> CommandEnding {
        try log.begin(command)
        let running: any RunningCommand
        do { running = try launcher.start(command) } catch {
            let ending = CommandEnding(command, .notStarted("\(error)"))
            try log.end(ending)
            return ending
        }
        let ending: CommandEnding
        do {
            while running.isRunning {
                try stopIfAsked()
                usleep(20_000)
            }
            ending = try running.ending()
            try stopIfAsked()
        } catch {
            running.interrupt()
            if let ending = try? running.ending() { try? log.end(ending, "stopped") }
            throw error
        }
        try log.end(ending)
        return ending
    }
}
