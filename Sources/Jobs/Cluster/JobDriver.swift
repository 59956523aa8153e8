import Core
import Foundation

/// Sees a job's folder through: submits the tasks that have no result, but for those that an earlier command submitted and that
/// the engine still has, waits, and submits those that were lost anew.
///
/// A result's file counts before anything else, then the heartbeat, then what the engine knows: a scheduler may go on telling
/// of a task long after its machine has gone.
package struct JobDriver {
    let folder: JobFolder
    let engine: any JobEngine
    let patience: Patience
    /// Whether nothing more is waited for once a task has ended with anything but a pass.
    let failsFast: Bool
    /// Called again and again: what it throws cancels all tasks.
    let stopIfAsked: () throws -> Void
    /// Told of how many tasks an earlier command's submissions are waited for.
    let tookUp: (Int) -> Void

    /// How long the driver waits for what.
    package struct Patience: Sendable {
        /// Between two looks at the folder, at first and at most, in seconds.
        package var look = 0.5, longestLook = 10.0
        /// Between two questions to the engine, in seconds.
        package var ask = 10.0
        /// So many questions in a row that the engine did not answer, and it is given up.
        package var silences = 30
        /// So many answers of the engine without a task, and it is lost.
        package var misses = 3
        /// For a result to be seen from elsewhere once its task has gone, in seconds.
        package var grace = 60.0
        /// Without a heartbeat, in seconds, and a task's machine has gone.
        package var silence = 300.0
        /// Times that a task is tried.
        package var tries = 3

        package init() {}
    }

    package init(
        _ folder: JobFolder, on engine: any JobEngine, patience: Patience = Patience(), failsFast: Bool = false,
        tookUp: @escaping (Int) -> Void = { _ in }, stopIfAsked: @escaping () throws -> Void
    ) {
        self.folder = folder
        self.engine = engine
        self.patience = patience
        self.failsFast = failsFast
        self.tookUp = tookUp
        self.stopIfAsked = stopIfAsked
    }

    /// What is known of a task that has no result.
    private struct Pending {
        var tries = 0
        /// The last failure that was told of before it was submitted, by the folder's clock.
        var failed: Date?
        /// The last sign of it, by the folder's clock, and when by this machine's it was seen or the task began to run.
        var sign: Date?, heard: Date?
        /// Answers of the engine in a row that did not have it, and when the first of them came.
        var misses = 0, missing: Date?
    }

    /// Runs all tasks to an end; `finished` is told of each that has one.
    ///
    /// The results, by task; a task that failed in every try has its last failure, and none where nothing is known of it.
    /// - Throws: `EngineFailure`, `TaskResult.Foreign`, `FileError`, what `stopIfAsked` throws.
    package func run(finished: (Int, TaskResult) -> Void) throws -> [Int: TaskResult] {
        var results: [Int: TaskResult] = [:]
        var pending: [Int: Pending] = [:]
        func look() throws {
            for task in folder.description.tasks.indices where results[task] == nil {
                guard let result = try folder.result(of: task) else { continue }
                results[task] = result
                pending[task] = nil
                finished(task, result)
            }
        }
        /// Submits the tasks that build on none without a result; those that build on one which never will have any are given up.
        func submitNext() throws {
            var ready: [Int] = []
            for task in pending.keys.sorted() where pending[task]!.tries == 0 {
                let needed = folder.description.tasks[task].after
                if needed.contains(where: { pending[$0] == nil && results[$0]?.isFinal != true }) {
                    pending[task] = nil
                } else if needed.allSatisfy({ pending[$0] == nil }) {
                    ready.append(task)
                }
            }
            try submit(ready, &pending)
        }
        try look()
        for task in folder.description.tasks.indices where results[task] == nil { pending[task] = Pending() }
        if !pending.isEmpty {
            try takeUp(&pending)
            // What has ended since is no longer waited for by the engine, and has a result.
            try look()
        }
        do {
            try submitNext()
            var (pause, lastAsked, unanswered) = (patience.look, Date(), 0)
            while !pending.isEmpty {
                if failsFast, results.values.contains(where: { !$0.endings.allSatisfy { $0.exitCode == 0 } }) { break }
                try wait(pause)
                pause = min(patience.longestLook, pause * 1.2)
                let before = results.count
                try look()
                if results.count > before {
                    pause = patience.look
                    try submitNext()
                }
                guard !pending.isEmpty, Date().timeIntervalSince(lastAsked) >= patience.ask else { continue }
                lastAsked = Date()
                let known: [Int: Bool]
                do {
                    known = try engine.waiting()
                    unanswered = 0
                } catch {
                    // One that cannot be asked just now is asked again.
                    unanswered += 1
                    if unanswered >= patience.silences { throw error }
                    continue
                }
                let lost = pending.keys.sorted().filter { pending[$0]!.tries > 0 && isLost($0, known, &pending[$0]!) }
                for task in lost where pending[task]!.tries >= patience.tries {
                    results[task] = try folder.failure(of: task)
                    pending[task] = nil
                    if let failure = results[task] { finished(task, failure) }
                }
                try submit(lost.filter { pending[$0] != nil }, &pending)
                try submitNext()
            }
        } catch {
            engine.cancel(nil)
            throw error
        }
        if !pending.isEmpty { engine.cancel(nil) }
        return results
    }

    /// Tasks that an earlier command submitted and that the engine still has count as tried once.
    private func takeUp(_ pending: inout [Int: Pending]) throws {
        try engine.takeUp(folder)
        let known = try engine.waiting().keys.filter { pending[$0] != nil }
        for task in known {
            pending[task] = Pending(tries: 1, failed: folder.lastFailure(of: task), sign: folder.lastSign(of: task))
        }
        if !known.isEmpty { tookUp(known.count) }
    }

    private func submit(_ tasks: [Int], _ pending: inout [Int: Pending]) throws {
        guard !tasks.isEmpty else { return }
        // Before a task can fail, which may be at once.
        for task in tasks {
            pending[task] = Pending(
                tries: pending[task]!.tries + 1, failed: folder.lastFailure(of: task), sign: folder.lastSign(of: task))
        }
        try engine.submit(tasks, of: folder)
    }

    /// Whether a task without a result has to be tried again. Times of the folder are only held against each other: the clocks
    /// of two machines need not agree.
    private func isLost(_ task: Int, _ known: [Int: Bool], _ state: inout Pending) -> Bool {
        if let runs = known[task] {
            state.missing = nil
            state.misses = 0
            let sign = folder.lastSign(of: task)
            if sign != state.sign || !runs {
                (state.sign, state.heard) = (sign, runs ? Date() : nil)
                return false
            }
            guard let heard = state.heard else {
                state.heard = Date()
                return false
            }
            // The engine tells of it, but nothing has been heard of it for long: its machine may have gone.
            guard Date().timeIntervalSince(heard) > patience.silence else { return false }
            engine.cancel([task])
            return true
        }
        state.misses += 1
        if state.missing == nil { state.missing = Date() }
        // One that says itself how it failed need not be waited for.
        if folder.lastFailure(of: task) != state.failed { return true }
        return state.misses >= patience.misses && Date().timeIntervalSince(state.missing!) >= patience.grace
    }

    private func wait(_ seconds: Double) throws {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            try stopIfAsked()
            usleep(useconds_t(min(0.1, max(0.001, end.timeIntervalSinceNow)) * 1_000_000))
        }
        try stopIfAsked()
    }
}
