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
    package let stopIfAsked: () throws -> Void

    package init(
        _ launcher: any Launcher, width: Int, cores: Int? = nil, stopIfAsked: @escaping () throws -> Void = {}
    ) {
        self.launcher = launcher
        self.width = width
        self.cores = cores ?? width
        self.stopIfAsked = stopIfAsked
    }

    /// A command that is about to start.
    package struct Start {
        /// The job's place among all.
        package let job: Int
        package let command: Command
        /// Jobs that have not begun.
        package let waiting: Int
    }

    /// A job some command of which runs.
    private struct Active {
        let job: Int
        let command: any RunningCommand
    }

    /// What came of each job's commands, in the jobs' order. A job whose commands have ended well before, with a result in
    /// `kept`, is not run again: what is kept is read in place of what it would print.
    ///
    /// `start` may change a command just before it starts; `read` takes what it left, also where it could not be started;
    /// `finished` is told of each job that is done. Whatever one of them throws stops all jobs.
    package func run<Output>(
        _ jobs: [Job], keeping kept: KeptResults? = nil, start: (Start) throws -> Command = { $0.command },
        read: (Int, CommandEnding) throws -> Output, finished: (Int, [Output]) throws -> Void = { _, _ in }
    ) throws -> [[Output]] {
        var endings = [[CommandEnding]](repeating: [], count: jobs.count)
        var outputs = [[Output]](repeating: [], count: jobs.count)
        var waiting: [Int] = []
        var active: [Active] = []

        func note(_ ending: CommandEnding, of job: Int) throws {
            outputs[job].append(try read(job, ending))
            if kept != nil { endings[job].append(ending) }
        }

        /// Starts the next of a job's commands that can be started; where none is left, the job is done.
        func goOn(with job: Int) throws {
            while outputs[job].count < jobs[job].commands.count {
                let planned = jobs[job].commands[outputs[job].count]
                let command = try start(Start(job: job, command: planned, waiting: waiting.count))
                let running: any RunningCommand
                do {
                    running = try launcher.start(command)
                } catch {
                    try note(CommandEnding(command, .notStarted("\(error)")), of: job)
                    continue
                }
                return active.append(Active(job: job, command: running))
            }
            try kept?.keep(endings[job], of: jobs[job])
            endings[job] = []
            try finished(job, outputs[job])
        }

        for job in jobs.indices {
            guard let earlier = try kept?.endings(of: jobs[job]) else {
                waiting.append(job)
                continue
            }
            outputs[job] = try earlier.map { try read(job, $0) }
            try finished(job, outputs[job])
        }
        do {
            while !waiting.isEmpty || !active.isEmpty {
                try stopIfAsked()
                let free = cores - active.reduce(0) { $0 + jobs[$1.job].cores }
                if active.count < width,
                    let place = waiting.firstIndex(where: { jobs[$0].cores <= free || active.isEmpty })
                {
                    let job = waiting.remove(at: place)
                    for file in jobs[job].files {
                        try AtomicFile.write(file.text, to: "\(launcher.folder)/\(file.path)")
                    }
                    try goOn(with: job)
                    continue
                }
                guard let place = active.firstIndex(where: { !$0.command.isRunning }) else {
                    usleep(20_000)
                    continue
                }
                let ended = active.remove(at: place)
                let ending = try ended.command.ending()
                // What stops this program may have ended the command too: that is no result of it.
                try stopIfAsked()
                try note(ending, of: ended.job)
                try goOn(with: ended.job)
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
