import Glibc
import Synchronization
import Testing

@testable import Compute

/// The pool runs every task once, whatever the number of workers.
@Suite struct WorkerPoolTests {
    /// Many short jobs in a row: a job must be over, and let go by every worker, when `run` returns.
    @Test(arguments: [1, 2, 3, 7]) func everyTaskOnce(workers: Int) {
        let pool = WorkerPool(workers: workers)
        let done = Atomic<Int>(0)
        for _ in 0..<5_000 { pool.run(tasks: 5) { task, _ in done.add(task + 1, ordering: .relaxed) } }
        pool.stop()
        #expect(done.load(ordering: .relaxed) == 5_000 * 15)
    }

    @Test(arguments: [1, 3]) func scratchIsOfTheWorkersOwn(workers: Int) {
        let pool = WorkerPool(workers: workers)
        let clashes = Atomic<Int>(0)
        let bytes = 3 << 20
        pool.run(tasks: 24, scratchBytes: bytes) { task, scratch in
            let words = scratch.assumingMemoryBound(to: Int.self)
            for round in 0..<100 {
                (words[0], words[bytes / 8 - 1]) = (task, round)
                if words[0] != task || words[bytes / 8 - 1] != round { clashes.add(1, ordering: .relaxed) }
            }
        }
        pool.stop()
        #expect(clashes.load(ordering: .relaxed) == 0)
    }

    /// A job inside a job runs on its caller's thread.
    @Test(arguments: [1, 3]) func nested(workers: Int) {
        let pool = WorkerPool(workers: workers)
        let done = Atomic<Int>(0)
        pool.run(tasks: 6) { _, _ in
            pool.run(tasks: 4, scratchBytes: 64) { _, _ in done.add(1, ordering: .relaxed) }
        }
        pool.stop()
        #expect(done.load(ordering: .relaxed) == 24)
    }

    /// Of a job with two tasks only the caller and the first worker take part, however many there are.
    @Test func smallJobsLeaveTheOthersAlone() {
        let pool = WorkerPool(workers: 6)
        let threads = Mutex<Set<UInt>>([])
        for _ in 0..<300 {
            pool.run(tasks: 2) { _, _ in
                threads.withLock { _ = $0.insert(UInt(pthread_self())) }
                usleep(50)
            }
        }
        pool.stop()
        #expect(threads.withLock { $0.count } == 2)
    }

    /// All are woken for a job that has tasks for all: each task waits until all have begun. A short job wakes nobody.
    @Test func allAreWoken() {
        let pool = WorkerPool(workers: 7)
        let begun = Atomic<Int>(0)
        for _ in 0..<5 {
            usleep(2000)
            begun.store(0, ordering: .relaxed)
            pool.run(tasks: 7) { _, _ in
                begun.add(1, ordering: .relaxed)
                var waits = 0
                while begun.load(ordering: .relaxed) < 7 && waits < 100_000 {
                    usleep(100)
                    waits += 1
                }
            }
            #expect(begun.load(ordering: .relaxed) == 7)
            usleep(2000)
            let threads = Mutex<Set<UInt>>([])
            pool.run(tasks: 7, isShort: true) { _, _ in threads.withLock { _ = $0.insert(UInt(pthread_self())) } }
            #expect(threads.withLock { $0 } == [UInt(pthread_self())])
        }
        pool.stop()
    }

    /// Between jobs a millisecond apart a worker sleeps: it has watched for the time that its patience lasts and no longer.
    @Test func waitingWorkersSleep() {
        let pool = WorkerPool(workers: 2)
        let (jobs, thread) = (200, pool.threads[0])
        func used() -> Int {
            var (clock, time) = (clockid_t(), timespec())
            pthread_getcpuclockid(thread, &clock)
            clock_gettime(clock, &time)
            return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
        }
        let before = used()
        for _ in 0..<jobs {
            pool.run(tasks: 2) { _, _ in }
            usleep(1000)
        }
        let perJob = (used() - before) / jobs
        pool.stop()
        // Beside the watch a worker is put to sleep and woken, which takes it less than that.
        #expect(perJob < 3 * WorkerPool.patience)
    }
}
