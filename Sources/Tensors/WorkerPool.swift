import Glibc
import Synchronization

/// Threads that pull numbered tasks. What a task computes depends on its number only, so neither the number of workers
/// nor the order in which they come can change a bit (rule 9).
///
/// `@unchecked Sendable`: the job is written before the generation counter is raised and read after.
public final class WorkerPool: @unchecked Sendable {
    /// Threads that work, the calling one included.
    public let workers: Int

    private typealias Job = (Int, UnsafeMutableRawPointer) -> Void
    private var job: UnsafePointer<Job>?
    private var tasks = 0
    private var stopping = false
    private let next = Atomic<Int>(0)
    private let generation = Atomic<Int>(0)
    private let running = Atomic<Int>(0)
    private let busy = Atomic<Bool>(false)
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    private let done: UnsafeMutablePointer<pthread_cond_t>
    private var scratch: [UnsafeMutableRawPointer]
    private var scratchBytes = 0
    private var threads: [pthread_t] = []

    /// Starts `workers - 1` threads beside the calling one.
    public init(workers: Int) {
        precondition(workers >= 1, "at least one worker")
        self.workers = workers
        mutex = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        done = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
        pthread_cond_init(done, nil)
        scratch = []
        reserveScratch(1 << 20)
        for worker in 1..<workers { start(worker) }
    }

    /// Stops the threads.
    public func stop() {
        pthread_mutex_lock(mutex)
        stopping = true
        generation.add(1, ordering: .releasing)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }

    /// Runs `body(task, scratch)` for every task number below `tasks`, then returns. `scratch` is `scratchBytes` bytes
    /// of the worker's own, 64-byte aligned, with undefined contents. Called from inside a task it runs inline.
    public func run(tasks: Int, scratchBytes: Int = 0, _ body: (Int, UnsafeMutableRawPointer) -> Void) {
        guard tasks > 0 else { return }
        let nested = busy.exchange(true, ordering: .acquiring)
        if nested || tasks == 1 || workers == 1 {
            let inline = nested || scratchBytes > self.scratchBytes
            let memory = inline ? aligned(max(scratchBytes, 64)) : scratch[0]
            for task in 0..<tasks { body(task, memory) }
            if inline { free(memory) }
            if !nested { busy.store(false, ordering: .releasing) }
            return
        }
        reserveScratch(scratchBytes)
        withoutActuallyEscaping(body) { body in
            // By pointer, so that no worker holds on to the closure once the job is done.
            withUnsafePointer(to: body) { body in
                pthread_mutex_lock(mutex)
                job = body
                self.tasks = tasks
                next.store(0, ordering: .relaxed)
                running.store(workers - 1, ordering: .relaxed)
                generation.add(1, ordering: .releasing)
                pthread_cond_broadcast(wake)
                pthread_mutex_unlock(mutex)
                work(worker: 0, job: body, tasks: tasks)
                waitForOthers()
                job = nil
            }
        }
        busy.store(false, ordering: .releasing)
    }

    private func work(worker: Int, job: UnsafePointer<Job>, tasks: Int) {
        while true {
            let task = next.add(1, ordering: .relaxed).oldValue
            if task >= tasks { return }
            job.pointee(task, scratch[worker])
        }
    }

    private func waitForOthers() {
        for _ in 0..<2_000 where running.load(ordering: .acquiring) == 0 { return }
        pthread_mutex_lock(mutex)
        while running.load(ordering: .acquiring) != 0 { pthread_cond_wait(done, mutex) }
        pthread_mutex_unlock(mutex)
    }

    private func start(_ worker: Int) {
        final class Start {
            let pool: WorkerPool
            let worker: Int
            init(_ pool: WorkerPool, _ worker: Int) {
                self.pool = pool
                self.worker = worker
            }
        }
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Start(self, worker)).toOpaque()
        let code = pthread_create(
            &thread, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                start.pool.loop(worker: start.worker)
                return nil
            }, argument)
        precondition(code == 0, "cannot start a worker thread: \(code)")
        threads.append(thread)
    }

    private func loop(worker: Int) {
        var seen = 0
        while true {
            for _ in 0..<2_000 where generation.load(ordering: .acquiring) != seen { break }
            pthread_mutex_lock(mutex)
            while generation.load(ordering: .acquiring) == seen { pthread_cond_wait(wake, mutex) }
            seen = generation.load(ordering: .acquiring)
            let (current, count, stop) = (job, tasks, stopping)
            pthread_mutex_unlock(mutex)
            if stop { return }
            if let current { work(worker: worker, job: current, tasks: count) }
            if running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
                pthread_mutex_lock(mutex)
                pthread_cond_signal(done)
                pthread_mutex_unlock(mutex)
            }
        }
    }

    private func reserveScratch(_ bytes: Int) {
        guard bytes > scratchBytes || scratch.isEmpty else { return }
        for memory in scratch { free(memory) }
        scratchBytes = bytes
        scratch = (0..<workers).map { _ in aligned(bytes) }
    }

    private func aligned(_ bytes: Int) -> UnsafeMutableRawPointer {
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, 64, (bytes + 63) / 64 * 64) == 0, let memory else {
            fatalError("out of memory: \(bytes) bytes of scratch")
        }
        return memory
    }
}
