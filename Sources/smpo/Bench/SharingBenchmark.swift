import Compute
import Foundation
import Ledger
import Training

/// Reckons what many workers gain by how work is cut: it is cut as for them, and done on one thread with a clock on each task.
struct SharingBenchmark {
    /// What one operator, or what lies between them, takes.
    struct Share {
        /// The operator's name.
        let name: String
        /// Its jobs, and their tasks.
        var jobs = 0, tasks = 0
        /// Nanoseconds on one thread: in tasks, and between jobs.
        var inTasks = 0, outside = 0
        /// Nanoseconds shared by all workers.
        var shared = 0
    }

    /// One piece of work.
    struct Result {
        /// What was done.
        let work: String
        /// Jobs; those among them that have more than one task; tasks.
        let jobs: Int, sharedJobs: Int, tasks: Int
        /// Nanoseconds on one thread: all, between jobs, in jobs of one task.
        let alone: Int, outside: Int, inSingleTasks: Int
        /// Nanoseconds by numbers of workers.
        let reckoned: [(workers: Int, nanoseconds: Int)]
        /// By operators, those first that take most when shared; measured in a run of its own.
        let shares: [Share]

        /// How many times as quick as one thread the most workers are.
        var speedup: Double { reckoned.last.map { Double(alone) / Double($0.nanoseconds) } ?? 1 }
    }

    let isa: ISA
    /// The workers that share.
    let workers: Int
    /// Nanoseconds that a shared job takes beside its tasks.
    let handover: Int

    /// Measures the handover with as many threads as there are cores.
    init(isa: ISA, workers: Int) {
        (self.isa, self.workers) = (isa, workers)
        handover = SharingBenchmark.handover(workers: min(workers, ProcessInfo.processInfo.activeProcessorCount))
    }

    /// Steps of `recipe`: nobody watching, and recorded.
    func steps(_ recipe: Recipe) throws -> [Result] {
        let clock = JobClock()
        let engine = Engine(isa: isa, workers: workers, clock: clock)
        let folder = FileManager.default.temporaryDirectory.appending(path: "smpo-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let plain = try TrainingSession(recipe: recipe, engine: engine)
        // A session computes on an engine of its own, with the same workers.
        let unwatched = try measure("step, nobody watching", plain.trainer.model.engine, clock) {
            _ = try plain.step(observer: nil)
        }
        let recorded = try RecordedSession(recipe, .tensors, Workspace(root: folder), engine)
        let watched = try measure("step, recorded", recorded.engine, clock) {
            _ = try recorded.step { isRecording in clock.belong(to: isRecording ? "recording" : "") }
        }
        try recorded.interrupt()
        return [unwatched, watched]
    }

    /// A work that other frameworks do as well.
    func work(_ work: Workload) throws -> Result {
        let clock = JobClock()
        let engine = Engine(isa: isa, workers: workers, clock: clock)
        return try measure(work.name, engine, clock, try work.make(engine))
    }

    /// Once to warm up, once with the clock, once with the operators' names.
    private func measure(
        _ name: String, _ engine: Engine, _ clock: JobClock, _ body: () throws -> Void
    ) rethrows -> Result {
        try body()
        clock.begin()
        try body()
        clock.end()
        let times = clock.times
        let counts = powersOfTwo.map { ($0, times.reckoned(workers: $0, handover: handover)) }
        let single = times.jobs.filter { $0.tasks.count == 1 }
        engine.observer = OperatorOwners(clock)
        clock.begin()
        try body()
        clock.end()
        engine.observer = nil
        return Result(
            work: name, jobs: times.jobs.count, sharedJobs: times.jobs.count - single.count, tasks: times.times.count,
            alone: times.reckoned(workers: 1, handover: 0), outside: times.outside.reduce(0, +),
            inSingleTasks: single.reduce(0) { $0 + times.length(of: $1, workers: 1, handover: 0) }, reckoned: counts,
            shares: shares(clock.times))
    }

    private var powersOfTwo: [Int] {
        var counts = [2]
        while counts[counts.count - 1] * 2 < workers { counts.append(counts[counts.count - 1] * 2) }
        return counts.filter { $0 < workers } + [workers]
    }

    private func shares(_ times: JobTimes) -> [Share] {
        var shares = times.owners.map { Share(name: $0.isEmpty ? "beside operators" : $0) }
        for (owner, outside) in times.outside.enumerated() {
            shares[owner].outside = outside
            shares[owner].shared = outside
        }
        for job in times.jobs {
            shares[job.owner].jobs += 1
            shares[job.owner].tasks += job.tasks.count
            shares[job.owner].inTasks += times.length(of: job, workers: 1, handover: 0)
            shares[job.owner].shared += times.length(of: job, workers: workers, handover: handover)
        }
        return shares.filter { $0.shared > 0 }.sorted { $0.shared > $1.shared }
    }

    /// The median of what an empty job takes.
    private static func handover(workers: Int) -> Int {
        guard workers > 1 else { return 0 }
        let pool = WorkerPool(workers: workers)
        defer { pool.stop() }
        let clock = ContinuousClock()
        let times = (0..<50).map { _ in
            clock.measure { for _ in 0..<200 { pool.run(tasks: workers) { _, _ in } } } / .nanoseconds(200)
        }
        return Int(times.sorted()[25])
    }
}

/// Has a clock know whose the jobs are.
private final class OperatorOwners: OperatorObserver {
    private let clock: JobClock
    private var running: [String] = []

    init(_ clock: JobClock) { self.clock = clock }

    func willRun(_ operation: String, section: String, _ inputs: [Tensor]) {
        running.append(operation)
        clock.belong(to: operation)
    }

    func didRun(_ outputs: [Tensor]) {
        running.removeLast()
        clock.belong(to: running.last ?? "")
    }
}
