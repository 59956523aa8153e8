import Core
import Foundation

/// Runs jobs side by side, in the order given as far as cores are free; a job's commands one after another.
package struct Runner {
    package let launcher: any Launcher
    /// Jobs at a time.
    package let width: Int
    /// Cores that the jobs share. One that wants more than all runs alone.
    package let cores: Int
    /// Called again and again while jobs run: what it throws stops them all.
    package let checkpoint: () throws -> Void

    package init(
        _ launcher: any Launcher, width: Int, cores: Int? = nil, checkpoint: @escaping () throws -> Void = {}
    ) {
        self.launcher = launcher
        self.width = width
        self.cores = cores ?? width
        self.checkpoint = checkpoint
    }

    /// A command that is about to start.
    package struct Start {
        /// The job's place among all.
        package let job: Int
        package let command: Command
        /// Jobs that have not begun.
        package let waiting: Int
    }

    private struct Active {
        let job: Int
        let command: any RunningCommand
    }

    /// What came of each job's commands, in the jobs' order.
    ///
    /// `start` may change a command just before it starts; `read` takes what it left, also where it could not be started;
    /// `finished` is told of each job that is done. Whatever one of them throws stops all jobs.
    package func run<Output>(
        _ jobs: [Job], start: (Start) throws -> Command = { $0.command },
        read: (Int, CommandEnding) throws -> Output, finished: (Int, [Output]) throws -> Void = { _, _ in }
    ) throws -> [[Output]] {
        var outputs = [[Output]](repeating: [], count: jobs.count)
        var waiting = Array(jobs.indices)
        var active: [Active] = []

        /// Starts the next of a job's commands that can be started; nil where none is left.
        func next(of job: Int) throws -> (any RunningCommand)? {
            while outputs[job].count < jobs[job].commands.count {
                let planned = jobs[job].commands[outputs[job].count]
                let command = try start(Start(job: job, command: planned, waiting: waiting.count))
                do {
                    return try launcher.start(command)
                } catch {
                    outputs[job].append(try read(job, CommandEnding(command, .notStarted("\(error)"))))
                }
            }
            return nil
        }

        do {
            while !waiting.isEmpty || !active.isEmpty {
                try checkpoint()
                let free = cores - active.reduce(0) { $0 + jobs[$1.job].cores }
                if active.count < width,
                    let place = waiting.firstIndex(where: { jobs[$0].cores <= free || active.isEmpty })
                {
                    let job = waiting.remove(at: place)
                    for file in jobs[job].files {
                        try AtomicFile.write(file.text, to: "\(launcher.folder)/\(file.path)")
                    }
                    if let command = try next(of: job) {
                        active.append(Active(job: job, command: command))
                    } else {
                        try finished(job, outputs[job])
                    }
                    continue
                }
                guard let place = active.firstIndex(where: { !$0.command.isRunning }) else {
                    usleep(20_000)
                    continue
                }
                let ended = active.remove(at: place)
                outputs[ended.job].append(try read(ended.job, try ended.command.ending()))
                if let command = try next(of: ended.job) {
                    active.append(Active(job: ended.job, command: command))
                } else {
                    try finished(ended.job, outputs[ended.job])
                }
            }
        } catch {
            for one in active where one.command.isRunning { one.command.interrupt() }
            // How they end is no matter now; that they end is.
            for one in active { _ = try? one.command.ending() }
            throw error
        }
        return outputs
    }
}
