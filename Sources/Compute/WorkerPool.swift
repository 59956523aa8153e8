import CKernels
import Glibc
import Synchronization

/// Threads that pull numbered tasks. What a task computes depends on its number only, so neither the number of workers
/// nor the order in which they come can change a bit (rule 9).
///
/// A job is open while tasks are left. Workers join an open job; one that comes late, because its core does something
/// else, is not waited for. Of n tasks the workers below n take part, always the same ones: the others sleep on while jobs are
/// small. Between jobs a worker watches for a while before it sleeps, since waking a thread takes longer than most jobs, and
/// they keep off the caller's core (`SeparateCore`). Whoever takes part wakes two more that are asleep, as in a heap, so that
/// the caller does not wake all of them one by one.
///
/// `@unchecked Sendable`: a job is written before it is opened, read by those who joined it, and cleared after the last
/// of them has left.
package final class WorkerPool: @unchecked Sendable {
    /// Threads that work, the calling one included.
    package let workers: Int

    private typealias Job = (Int, UnsafeMutableRawPointer) -> Void
    private var job: UnsafePointer<Job>?
    private let tasks = Atomic<Int>(0)
    /// Workers below this number are woken for the job.
    private let called = Atomic<Int>(0)
    private let apartFromNext = CacheLines()
    /// The task that is taken next. All who work write it, and nobody looks at it between jobs.
    private let next = Atomic<Int>(0)
    private let apartFromState = CacheLines()
    /// The job's number, whether it is open, and how many workers have joined and not left (`State`).
    private let state = Atomic<UInt64>(0)
    private let apartFromRest = CacheLines()
    private let stopping = Atomic<Bool>(false)
    private let busy = Atomic<Bool>(false)
    /// Nanoseconds that a thread watches before it sleeps; none where threads share cores.
    private let patience: Int
    /// A bell for each worker; the caller's, the first, rings when the last worker has left.
    private let bells: UnsafeMutablePointer<ck_bell>
    private var scratch: [UnsafeMutableRawPointer]
    private var scratchBytes = 0
    private(set) var threads: [pthread_t] = []
    private var apart: SeparateCore?
    private let clock: JobClock?

    /// Keeps what lies before and after it from sharing a cache line, or the one that is fetched with it.
    private struct CacheLines {
        private let bytes = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    }

    /// The longest that waiting for the next job is worth: about what waking a thread takes, to who wakes and until it works. Who
    /// watches as long as that and no longer loses at most as much again as who knows when the next job comes.
    static let patience = 20_000

    /// The fields of `state`.
    private enum State {
        static let open: UInt64 = 1 << 31
        static let joined: UInt64 = open - 1
        static func number(_ state: UInt64) -> UInt64 { state >> 32 }
    }

    /// Starts `workers - 1` threads beside the calling one.
    package convenience init(workers: Int) { self.init(workers: workers, clock: nil) }

    /// With a `clock` no thread is started: the tasks that would be shared among `workers` are done one after the other, and
    /// each is timed.
    package init(workers: Int, clock: JobClock?) {
        precondition(workers >= 1, "at least one worker")
        self.workers = workers
        self.clock = clock
        patience = workers <= sysconf(Int32(_SC_NPROCESSORS_ONLN)) ? WorkerPool.patience : 0
        bells = WorkerPool.aligned(workers * MemoryLayout<ck_bell>.stride, to: 128).bindMemory(
            to: ck_bell.self, capacity: workers)
        bells.initialize(repeating: ck_bell(), count: workers)
        scratch = []
        reserveScratch(1 << 20)
        guard clock == nil else { return }
        for worker in 1..<workers { start(worker) }
        apart = SeparateCore(workers: workers)
    }

    deinit {
        // No thread is left: each holds on to its pool.
        for memory in scratch { free(memory) }
        free(bells)
    }

    /// Stops the threads.
    package func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        for worker in 1..<max(1, workers) { ck_bell_ring(bells + worker) }
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }

    /// Runs `body(task, scratch)` for every task number below `tasks`, then returns. `scratch` is `scratchBytes` bytes
    /// of the worker's own, 64-byte aligned, with undefined contents. Called from inside a task it runs inline.
    ///
    /// `isShort`: all of it takes less time than waking a thread, so that only who is awake takes part.
    package func run(
        tasks: Int, scratchBytes: Int = 0, isShort: Bool = false, _ body: (Int, UnsafeMutableRawPointer) -> Void
    ) {
        guard tasks > 0 else { return }
        let nested = busy.exchange(true, ordering: .acquiring)
        if nested || tasks == 1 || workers == 1 || clock != nil {
            // Kept where it can be: large memory that comes new from the system costs a page fault for each of its pages.
            if !nested { reserveScratch(scratchBytes) }
            let memory = nested ? WorkerPool.aligned(max(scratchBytes, 64)) : scratch[0]
            if let clock, !nested {
                clock.run(tasks) { body($0, memory) }
            } else {
                for task in 0..<tasks { body(task, memory) }
            }
            if nested { free(memory) }
            if !nested { busy.store(false, ordering: .releasing) }
            return
        }
        reserveScratch(scratchBytes)
        withoutActuallyEscaping(body) { body in
            // By pointer, so that no worker holds on to the closure once the job is done.
            withUnsafePointer(to: body) { body in
                open(body, tasks: tasks, isShort: isShort)
                work(worker: 0, job: body, tasks: tasks)
                close()
                job = nil
            }
        }
        busy.store(false, ordering: .releasing)
    }

    private func open(_ body: UnsafePointer<Job>, tasks: Int, isShort: Bool) {
        job = body
        self.tasks.store(tasks, ordering: .relaxed)
        called.store(isShort ? 0 : min(tasks, workers), ordering: .relaxed)
        next.store(0, ordering: .relaxed)
        let number = State.number(state.load(ordering: .relaxed)) + 1
        apart?.keep(threads)
        // Either a worker that goes to sleep sees this, or its bell says by now that it sleeps.
        state.store(number << 32 | State.open, ordering: .sequentiallyConsistent)
        wakeOthers(after: 0)
    }

    /// Wakes the two that `worker` answers for, if they sleep and there are tasks for them.
    private func wakeOthers(after worker: Int) {
        let end = called.load(ordering: .relaxed)
        for other in 2 * worker + 1...2 * worker + 2 where other < end { ck_bell_ring(bells + other) }
    }

    private func work(worker: Int, job: UnsafePointer<Job>, tasks: Int) {
        while true {
            let task = next.add(1, ordering: .relaxed).oldValue
            if task >= tasks { return }
            job.pointee(task, scratch[worker])
        }
    }

    /// Lets nobody else join and waits for those who have.
    private func close() {
        state.bitwiseAnd(~State.open, ordering: .acquiringAndReleasing)
        var watch = Watch(patience)
        while state.load(ordering: .acquiring) & State.joined != 0 {
            if watch.goesOn() { continue }
            let bell = bells
            ck_bell_begin(bell)
            while state.load(ordering: .sequentiallyConsistent) & State.joined != 0 && ck_bell_is_silent(bell) != 0 {
                ck_bell_sleep(bell)
            }
            ck_bell_end(bell)
        }
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
        var last: UInt64 = 0
        var watch = Watch(patience)
        while !stopping.load(ordering: .relaxed) {
            let seen = state.load(ordering: .acquiring)
            guard isNew(seen, since: last) else {
                if !watch.goesOn() {
                    sleep(worker, unless: last)
                    watch = Watch(patience)
                }
                continue
            }
            let tasks = tasks.load(ordering: .relaxed)
            // Not for this worker, or nothing is left: no reason to stay awake.
            guard worker < tasks, next.load(ordering: .relaxed) < tasks else {
                last = State.number(seen)
                continue
            }
            guard join(seen) else { continue }
            last = State.number(seen)
            wakeOthers(after: worker)
            if let job { work(worker: worker, job: job, tasks: tasks) }
            leave()
            watch = Watch(patience)
        }
    }

    private func isNew(_ state: UInt64, since last: UInt64) -> Bool {
        State.number(state) != last && state & State.open != 0
    }

    private func join(_ seen: UInt64) -> Bool {
        state.compareExchange(expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing).exchanged
    }

    private func leave() {
        let left = state.subtract(1, ordering: .sequentiallyConsistent).newValue
        if left & State.joined == 0 { ck_bell_ring(bells) }
    }

    /// Sleeps until somebody rings. A job other than `last` that is open already is a reason to stay awake.
    private func sleep(_ worker: Int, unless last: UInt64) {
        let bell = bells + worker
        ck_bell_begin(bell)
        while !stopping.load(ordering: .sequentiallyConsistent),
            !isNew(state.load(ordering: .sequentiallyConsistent), since: last), ck_bell_is_silent(bell) != 0
        {
            ck_bell_sleep(bell)
        }
        ck_bell_end(bell)
    }

    private func reserveScratch(_ bytes: Int) {
        guard bytes > scratchBytes || scratch.isEmpty else { return }
        for memory in scratch { free(memory) }
        scratchBytes = bytes
        scratch = (0..<workers).map { _ in WorkerPool.aligned(bytes) }
    }

    private static func aligned(_ bytes: Int, to alignment: Int = 64) -> UnsafeMutableRawPointer {
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, alignment, (bytes + 63) / 64 * 64) == 0, let memory else {
            fatalError("out of memory: \(bytes) bytes for the workers")
        }
        return memory
    }
}

/// How long a thread has watched.
private struct Watch {
    /// Looks between two looks at the clock.
    private static let stride = 32
    private let patience: Int
    private var looks = 0
    private var begin = 0

    /// For `patience` nanoseconds; not at all where it is 0.
    init(_ patience: Int) { self.patience = patience }

    /// Waits for a moment; false when it is enough.
    mutating func goesOn() -> Bool {
        guard patience > 0 else { return false }
        ck_pause()
        looks += 1
        guard looks % Watch.stride == 0 else { return true }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
        if looks == Watch.stride { begin = now }
        return now - begin < patience
    }
}
