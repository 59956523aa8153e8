import CKernels
import Glibc
import Synchronization

/// Threads that pull numbered tasks. What a task computes depends on its number only, so neither the number of workers
/// nor the order in which they come can change a bit (rule 9).
///
/// A job is open while tasks are left. Workers join an open job; one that comes late, because its core does something
/// else, is not waited for. Between jobs a worker watches for a while before it sleeps, since waking a thread takes
/// longer than most jobs, and they keep off the caller's core (`SeparateCore`).
///
/// `@unchecked Sendable`: a job is written before it is opened, read by those who joined it, and cleared after the last
/// of them has left.
package final class WorkerPool: @unchecked Sendable {
    /// Threads that work, the calling one included.
    package let workers: Int

    private typealias Job = (Int, UnsafeMutableRawPointer) -> Void
    private var job: UnsafePointer<Job>?
    private var tasks = 0
    private let next = Atomic<Int>(0)
    /// The job's number, whether it is open, and how many workers have joined and not left (`State`).
    private let state = Atomic<UInt64>(0)
    private let sleeping = Atomic<Int>(0)
    private let callerSleeps = Atomic<Bool>(false)
    private let stopping = Atomic<Bool>(false)
    private let busy = Atomic<Bool>(false)
    /// Looks at `state` before a thread sleeps: about a tenth of a millisecond, none where threads share cores.
    private let patience: Int
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    private let done: UnsafeMutablePointer<pthread_cond_t>
    private var scratch: [UnsafeMutableRawPointer]
    private var scratchBytes = 0
    private var threads: [pthread_t] = []
    private var apart: SeparateCore?

    /// The fields of `state`.
    private enum State {
        static let open: UInt64 = 1 << 31
        static let joined: UInt64 = open - 1
        static func number(_ state: UInt64) -> UInt64 { state >> 32 }
    }

    /// Starts `workers - 1` threads beside the calling one.
    package init(workers: Int) {
        precondition(workers >= 1, "at least one worker")
        self.workers = workers
        patience = workers <= sysconf(Int32(_SC_NPROCESSORS_ONLN)) ? 4_000 : 0
        mutex = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        done = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
        pthread_cond_init(done, nil)
        scratch = []
        reserveScratch(1 << 20)
        for worker in 1..<workers { start(worker) }
        apart = SeparateCore(workers: workers)
    }

    deinit {
        // No thread is left: each holds on to its pool.
        for memory in scratch { free(memory) }
        pthread_cond_destroy(done)
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(mutex)
        done.deallocate()
        wake.deallocate()
        mutex.deallocate()
    }

    /// Stops the threads.
    package func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }

    /// Runs `body(task, scratch)` for every task number below `tasks`, then returns. `scratch` is `scratchBytes` bytes
    /// of the worker's own, 64-byte aligned, with undefined contents. Called from inside a task it runs inline.
    package func run(tasks: Int, scratchBytes: Int = 0, _ body: (Int, UnsafeMutableRawPointer) -> Void) {
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
                open(body, tasks: tasks)
                work(worker: 0, job: body, tasks: tasks)
                close()
                job = nil
            }
        }
        busy.store(false, ordering: .releasing)
    }

    private func open(_ body: UnsafePointer<Job>, tasks: Int) {
        job = body
        self.tasks = tasks
        next.store(0, ordering: .relaxed)
        let number = State.number(state.load(ordering: .relaxed)) + 1
        apart?.keep(threads)
        // Either a worker that goes to sleep sees this, or it is counted as sleeping by now.
        state.store(number << 32 | State.open, ordering: .sequentiallyConsistent)
        guard sleeping.load(ordering: .sequentiallyConsistent) > 0 else { return }
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
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
        var looks = 0
        while state.load(ordering: .acquiring) & State.joined != 0 {
            looks += 1
            if looks <= patience {
                ck_pause()
                continue
            }
            callerSleeps.store(true, ordering: .sequentiallyConsistent)
            pthread_mutex_lock(mutex)
            while state.load(ordering: .sequentiallyConsistent) & State.joined != 0 { pthread_cond_wait(done, mutex) }
            pthread_mutex_unlock(mutex)
            callerSleeps.store(false, ordering: .relaxed)
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
        var looks = 0
        while !stopping.load(ordering: .relaxed) {
            let seen = state.load(ordering: .acquiring)
            if State.number(seen) != last, seen & State.open != 0 {
                guard join(seen) else { continue }
                last = State.number(seen)
                if let job { work(worker: worker, job: job, tasks: tasks) }
                leave()
                looks = 0
            } else if looks < patience {
                looks += 1
                ck_pause()
            } else {
                sleep(unless: last)
                looks = 0
            }
        }
    }

    private func join(_ seen: UInt64) -> Bool {
        state.compareExchange(expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing).exchanged
    }

    private func leave() {
        let left = state.subtract(1, ordering: .sequentiallyConsistent).newValue
        guard left & State.joined == 0, callerSleeps.load(ordering: .sequentiallyConsistent) else { return }
        pthread_mutex_lock(mutex)
        pthread_cond_signal(done)
        pthread_mutex_unlock(mutex)
    }

    /// Sleeps until a job other than `last` is open, or the pool stops.
    private func sleep(unless last: UInt64) {
        pthread_mutex_lock(mutex)
        sleeping.add(1, ordering: .sequentiallyConsistent)
        while !stopping.load(ordering: .sequentiallyConsistent) {
            let seen = state.load(ordering: .sequentiallyConsistent)
            if State.number(seen) != last, seen & State.open != 0 { break }
            pthread_cond_wait(wake, mutex)
        }
        sleeping.subtract(1, ordering: .relaxed)
        pthread_mutex_unlock(mutex)
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
