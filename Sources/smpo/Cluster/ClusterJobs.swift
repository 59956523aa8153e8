import ArgumentParser
import Core
import Foundation
import Jobs
import Ledger

/// Jobs of a command as tasks of a folder that machines share.
struct ClusterJobs {
    let options: ClusterOptions
    let profile: ClusterProfile
    /// Bytes that a task takes, as planned, and seconds, as recorded; nil where nothing is known.
    var memory: Int?, seconds: Double?
    /// Tasks at a time, where the user says so.
    var width: Int?
    /// Whether the command asks several questions, each of which has a folder below the one that the user names.
    var isStaged = false
    /// What makes a report of the results: `smpo job gather`, or the same command, which goes on.
    var isGathered = true

    /// Where what the site wants said stands, unless the command names a file.
    private static let profileName = "cluster.yaml"

    /// - Throws: `SettingsError`, `FileError`.
    init(_ options: ClusterOptions) throws {
        self.options = options
        if let path = options.profile {
            profile = try ClusterProfile.read(path)
        } else {
            let name = ClusterJobs.profileName
            profile = FileContents.exists(name) ? try ClusterProfile.read(name) : ClusterProfile()
        }
    }

    /// The cores of a task: no bit depends on how many there are.
    var cores: Int { profile.cores ?? 1 }

    /// The results of all tasks, by their numbers; those that failed in every try have their last failure.
    ///
    /// The folder is that of the same question asked earlier, if it was: what has a result is not computed again.
    /// - Throws: `Written` where somebody else runs the tasks and some have no result, `Disagreement`, `EngineFailure`,
    ///   `ExitCode` when interrupted.
    /// - Parameter prepare: puts what the tasks need into a new folder.
    func results(
        _ description: JobDescription, unit: String, prepare: (String) throws -> Void = { _ in }
    ) throws -> [Int: TaskResult] {
        let folder = try JobFolder.make(
            path(description), description, prepare: prepare, line: { line($0, description) })
        let earlier = try folder.results().count
        if earlier > 0 {
            Message.note(
                "\(folder.path): \(earlier) of \(description.tasks.count) tasks have a result already, with the model and the data "
                    + "as they were then; remove the folder to ask anew")
        }
        let progress = JobProgress(total: description.tasks.count, unit: unit)
        defer { progress.end() }
        func finished(_ task: Int, _ result: TaskResult) {
            progress.finished("\(description.tasks[task].name) (\(result.host))")
        }
        let results: [Int: TaskResult]
        switch options.on {
        case .slurm:
            Message.note("\(folder.path): \(description.tasks.count) tasks for Slurm")
            Interrupt.listen()
            let engine = SlurmEngine(resources, program: program, directory: Self.here)
            func tookUp(_ count: Int) {
                Message.note("\(folder.path): \(count) tasks that an earlier command submitted are waited for")
            }
            results = try JobDriver(folder, on: engine, failsFast: options.failFast, tookUp: tookUp) {
                if Interrupt.isRequested { throw ExitStatus.interrupted.code }
            }.run(finished: finished)
        case .file, .local:
            results = try folder.results()
            let missing = description.tasks.count - results.count
            if missing > 0 {
                throw Written(
                    folder: folder.path, missing: missing, total: description.tasks.count, isGathered: isGathered)
            }
        }
        try Disagreement.check(folder)
        return results
    }

    /// The folder of a job, absolute.
    func path(_ description: JobDescription) -> String {
        let name = description.digest.hex.prefix(12)
        let path =
            if case .file(let path) = options.on { isStaged ? "\(path)/\(name)" : path } else {
                "\(Workspace().jobs)/\(name)"
            }
        return URL(fileURLWithPath: path).standardizedFileURL.path
    }

    private static var here: String { URL(fileURLWithPath: ".").standardizedFileURL.path }

    /// The program on the machines.
    private var program: String {
        profile.program ?? URL(fileURLWithPath: OwnProcesses.program).resolvingSymlinksInPath().path
    }

    private func line(_ task: Int, _ description: JobDescription) -> String {
        let (here, folder) = (ShellWord.quoted(Self.here), ShellWord.quoted(path(description)))
        return "cd \(here) && \(ShellWord.quoted(program)) job run \(folder) \(task)"
    }

    private var resources: SlurmEngine.Resources {
        var resources = SlurmEngine.Resources()
        resources.cores = cores
        resources.memory = profile.memoryMiB.map { $0 * 1_048_576 } ?? memory
        resources.seconds = profile.minutes.map { Double($0) * 60 } ?? seconds.map { $0 * 3 + 300 }
        resources.width = width ?? profile.atOnce
        resources.setup = profile.setup
        resources.options =
            [("partition", profile.partition), ("account", profile.account), ("qos", profile.qos)].compactMap {
                name, value in value.map { "--\(name)=\($0)" }
            } + profile.arguments + options.slurmArg
        return resources
    }

    /// The folder is written, and tasks have no result yet: there is no verdict.
    struct Written: Error, CustomStringConvertible {
        let folder: String, missing: Int, total: Int, isGathered: Bool
        var description: String {
            "incomplete: \(total - missing) of \(total) tasks have a result, so that there is no "
                + (isGathered ? "verdict" : "report") + "; run the lines of \(folder)/tasks.txt, then: "
                + (isGathered ? "smpo job gather \(ShellWord.quoted(folder))" : "the same command again, which goes on")
        }
    }

    /// Two machines came to two results of one task.
    struct Disagreement: Error, CustomStringConvertible {
        let task: String, first: String, other: String
        var description: String {
            "two machines disagree on \(task): \(first) and \(other); neither is taken for the verdict"
        }

        /// - Throws: `Disagreement` for the first task that has two results.
        static func check(_ folder: JobFolder) throws {
            for (number, task) in folder.description.tasks.enumerated() {
                guard let other = folder.disagreements(of: number).first else { continue }
                throw Disagreement(task: task.name, first: "\(folder.task(number))/result.json", other: other)
            }
        }
    }
}
