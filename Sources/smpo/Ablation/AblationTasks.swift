import Audit
import Compute
import Core
import Foundation
import Jobs
import Ledger
import Studies

/// Runs jobs of an ablation on other machines. Each works in a folder of its own below its task's, from which it sees what the
/// ablation's folder holds: there one process writes, this one. A run comes back as packed evidence, which is taken into the ledger
/// as `smpo runs unpack` does it; models, pairs and pictures are moved to their places.
struct AblationTasks {
    static let kind = "ablation"

    /// The ablation's name, and its folder.
    let name: String, folder: String
    let cluster: ClusterJobs

    /// Where a task packs its run, below its own folder.
    private static let packed = "packed"

    /// What came of a task.
    private struct Ended {
        let job: Job
        /// Where it worked.
        let place: String?
        let endings: [CommandEnding]
        let outputs: [JSONValue]
    }

    /// The outputs of jobs' commands, which `read` makes of their ends. What is kept is not run again.
    /// - Throws: what `read` throws of a job that came to nothing, once the others are kept; `ExitCode` when interrupted,
    ///   `ClusterJobs.Written`, `EngineFailure`, `FileError`.
    func outputs(
        of jobs: [Job], keeping kept: KeptResults, read: (Job, CommandEnding) throws -> JSONValue
    ) throws -> [[JSONValue]] {
        var outputs = try jobs.map { job in try kept.endings(of: job)?.map { try read(job, $0) } }
        let missing = outputs.indices.filter { outputs[$0] == nil }
        guard !missing.isEmpty else { return outputs.compactMap(\.self) }
        // Kept pictures and scores are found and left by all tasks: a file of them is whole or not there.
        try FileContents.makeFolder(workspace.pictures)
        let description = JobDescription(
            kind: Self.kind, request: ["ablation": .string(name), "folder": .string(home)], evidence: [:],
            program: kept.program, contract: kept.contract, tasks: missing.map { task(jobs[$0]) })
        let results = try cluster.results(description, unit: "job") { try pack(missing.map { jobs[$0] }, below: $0) }
        let folder = try JobFolder(cluster.path(description))
        var (ended, failure): ([Ended], (any Error)?) = ([], nil)
        for (number, place) in missing.enumerated() {
            do {
                let one = try end(of: jobs[place], results[number], number, folder, read: read)
                outputs[place] = one.outputs
                ended.append(one)
            } catch { failure = failure ?? error }
        }
        for one in ended { try take(one) }
        for one in ended { try kept.keep(one.endings, of: one.job) }
        if let failure {
            // The folder stays, for whoever wants to know why; what is done in it is kept.
            for one in ended { if let place = one.place { try FileManager.default.removeItem(atPath: place) } }
            throw failure
        }
        try FileManager.default.removeItem(atPath: folder.path)
        return outputs.compactMap(\.self)
    }

    private var home: String { URL(fileURLWithPath: folder).standardizedFileURL.path }
    private var workspace: Workspace { Workspace(root: folder) }

    /// A job as a task: in a folder of its own, with the cores that a task has, and a run packed at the end.
    private func task(_ job: Job) -> Job {
        let one = AblationJobs.oneWorker
        var commands = job.commands.map { command in
            let ends = command.arguments.suffix(one.count).elementsEqual(one)
            return Command(
                (ends ? command.arguments.dropLast(one.count) : command.arguments) + ["--workers", "\(cluster.cores)"])
        }
        var own = job.leaves.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        own += ["-wal", "-shm", ".lock"].map { Self.ledger + $0 }
        var links: [String: String] = [:]
        if let run = audited(job) {
            // This process notes what came of it.
            commands[0].arguments.append("--unnoted")
            for path in [Self.ledger, Self.objects] {
                links[path] = "\(Self.evidence(run, below: Job.folderToken))/\(path)"
            }
        } else {
            own.append(Self.objects)
        }
        if let run = job.run {
            own += [Self.packed, Workspace().manifest(run)]
            commands.append(Command(["runs", "pack", run, Self.packed]))
        }
        var task = Job(
            job.name, on: [job.key], cores: job.cores, files: job.files.map { ($0.path, $0.text) }, run: job.run,
            commands)
        // The ledger of a training cannot lie on a network file system, as the task's folder does.
        task.place = TaskPlace(home: home, own: own, links: links, local: links.isEmpty ? [Self.ledger] : [])
        // The time of a training.
        task.mayDiffer = ["cpu_seconds"]
        return task
    }

    private static let ledger = Workspace().ledger, objects = ".smpo/objects"

    /// The run that a job audits; nil of any other job.
    private func audited(_ job: Job) -> String? {
        let words = job.commands[0].arguments
        return words[0] == "audit" ? words[1] : nil
    }

    private static func evidence(_ run: String, below folder: String) -> String { "\(folder)/evidence/\(run)" }

    /// Puts the evidence of runs that are to be audited into the job's folder.
    private func pack(_ jobs: [Job], below folder: String) throws {
        for run in jobs.compactMap(audited) {
            let target = Self.evidence(run, below: folder)
            // Of a process that was ended before it could write what the job is about.
            try? FileManager.default.removeItem(atPath: target)
            try FileContents.makeFolder(AtomicFile.folder(of: target))
            try EvidencePack.write(try Run(run, in: workspace), to: target)
        }
    }

    private func end(
        of job: Job, _ result: TaskResult?, _ number: Int, _ folder: JobFolder,
        read: (Job, CommandEnding) throws -> JSONValue
    ) throws -> Ended {
        guard let result else {
            let lost = CommandEnding(
                job.commands[0], .notStarted("its task on \(cluster.options.on.text) has no result"))
            _ = try read(job, lost)
            throw lost.failure()
        }
        let endings = Array(result.endings.prefix(job.commands.count))
        let outputs = try endings.map { try read(job, $0) }
        // The packing, which has nothing to say but that it could not be done.
        for ending in result.endings.dropFirst(job.commands.count) { _ = try read(job, ending) }
        guard endings.count == job.commands.count else { throw endings[endings.count - 1].failure() }
        return Ended(job: job, place: folder.place(of: result, number), endings: endings, outputs: outputs)
    }

    /// Takes over what a task has made; what was taken before stays.
    private func take(_ ended: Ended) throws {
        for file in ended.job.files { try AtomicFile.write(file.text, to: "\(folder)/\(file.path)") }
        if let run = audited(ended.job), let store = try workspace.existingLedger(), (try? store.run(run)) != nil {
            let verdict = try Verdict(json: JSONCursor(ended.outputs[0], name: "audit")["verdict"])
            try workspace.openLedger().recordAudit(of: run, verdict: verdict.rawValue, report: ended.outputs[0])
        }
        guard let place = ended.place, FileContents.isFolder(place) else { return }
        if ended.job.run != nil { _ = try EvidencePack.unpack("\(place)/\(Self.packed)", into: workspace) }
        for leaf in ended.job.leaves {
            guard leaf.hasSuffix("/") else {
                try move(leaf, from: place)
                continue
            }
            // Sets are named by digests: one that is there has these bytes.
            guard FileContents.isFolder("\(place)/\(leaf)") else { continue }
            for name in try FileContents.names(in: "\(place)/\(leaf)")
            where !FileContents.exists("\(folder)/\(leaf)\(name)") {
                try move(leaf + name, from: place)
            }
        }
    }

    /// Moves a file or folder to its place in the ablation's folder, in the stead of what is there.
    private func move(_ path: String, from place: String) throws {
        let (source, target) = ("\(place)/\(path)", "\(folder)/\(path)")
        // It was moved by a process that was ended before it could say so.
        if !FileContents.exists(source), FileContents.exists(target) { return }
        try FileContents.makeFolder(AtomicFile.folder(of: target))
        if FileContents.isFolder(target) { try FileManager.default.removeItem(atPath: target) }
        if rename(source, target) == 0 { return }
        guard errno == EXDEV else { throw FileError(operation: "move", path: source, code: errno) }
        let part = "\(target).part-\(getpid())"
        try? FileManager.default.removeItem(atPath: part)
        try FileManager.default.copyItem(atPath: source, toPath: part)
        guard rename(part, target) == 0 else { throw FileError(operation: "replace", path: target, code: errno) }
    }
}
