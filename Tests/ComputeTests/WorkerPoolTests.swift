import Compute
import Synchronization
import Testing

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
}
