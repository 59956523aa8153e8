import Compute
import Foundation
import Synchronization
import Testing

/// The pool where it is easiest to go wrong; `make sanitize-threads` runs these under ThreadSanitizer. Results are plain
/// memory, written by tasks and read after `run`: if a worker were still at it, or the hand-over were not ordered, the
/// sanitizer would say so, and often enough the sums would be wrong.
@Suite(.serialized) struct WorkerPoolStressTests {
    /// Every task adds to a cell of its own; afterwards the caller reads and clears them all.
    private static func round(_ pool: WorkerPool, tasks: Int, scratch: Int, _ cells: UnsafeMutablePointer<Int>) -> Bool
    {
        pool.run(tasks: tasks, scratchBytes: scratch) { task, memory in
            let words = memory.assumingMemoryBound(to: Int.self)
            for place in 0..<scratch / 8 { words[place] = task }
            for place in 0..<scratch / 8 where words[place] != task { return }
            cells[task] += task + 1
        }
        var isRight = true
        for task in 0..<tasks {
            isRight = isRight && cells[task] == task + 1
            cells[task] = 0
        }
        return isRight
    }

    private static func withCells<Result>(_ count: Int, _ body: (UnsafeMutablePointer<Int>) -> Result) -> Result {
        let cells = UnsafeMutablePointer<Int>.allocate(capacity: count)
        cells.initialize(repeating: 0, count: count)
        defer { cells.deallocate() }
        return body(cells)
    }

    /// Threads of the system, so that the pools' callers truly run side by side.
    private static func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let group = DispatchGroup()
        for index in 0..<count {
            group.enter()
            Thread {
                body(index)
                group.leave()
            }.start()
        }
        group.wait()
    }

    /// Numbers of tasks around the number of workers, and scratch that grows now and then.
    @Test(arguments: [1, 2, 3, 7]) func manyShortJobs(workers: Int) {
        let pool = WorkerPool(workers: workers)
        let wrong = WorkerPoolStressTests.withCells(40) { cells in
            (0..<3000).count { job in
                let scratch = job % 500 == 499 ? (1 << 20) + job * 8 : job % 3 * 64
                return !WorkerPoolStressTests.round(pool, tasks: job * 7 % 40, scratch: scratch, cells)
            }
        }
        pool.stop()
        #expect(wrong == 0)
    }

    /// Jobs so far apart that the workers have gone to sleep, and the caller waits for long tasks.
    @Test func sleepersAreWoken() {
        let pool = WorkerPool(workers: 3)
        let wrong = WorkerPoolStressTests.withCells(6) { cells in
            (0..<60).count { job in
                usleep(2000)
                pool.run(tasks: 4) { task, _ in
                    if job % 3 == 0 { usleep(500) }
                    cells[task] += 0
                }
                return !WorkerPoolStressTests.round(pool, tasks: 6, scratch: 0, cells)
            }
        }
        pool.stop()
        #expect(wrong == 0)
    }

    /// Jobs inside jobs, two deep, each with results of its own.
    @Test(arguments: [2, 5]) func nestedJobs(workers: Int) {
        let pool = WorkerPool(workers: workers)
        let wrong = WorkerPoolStressTests.withCells(8 * 3 * 2) { cells in
            (0..<400).count { _ in
                pool.run(tasks: 8, scratchBytes: 64) { outer, _ in
                    pool.run(tasks: 3, scratchBytes: 128) { middle, _ in
                        pool.run(tasks: 2) { inner, _ in cells[(outer * 3 + middle) * 2 + inner] += 1 }
                    }
                }
                let isRight = (0..<48).allSatisfy { cells[$0] == 1 }
                cells.update(repeating: 0, count: 48)
                return !isRight
            }
        }
        pool.stop()
        #expect(wrong == 0)
    }

    /// Several pools at once, more threads than cores, made and stopped while others work.
    @Test func severalPools() {
        let wrong = Mutex(0)
        WorkerPoolStressTests.onThreads(4) { index in
            let found = WorkerPoolStressTests.withCells(20) { cells in
                (0..<12).reduce(0) { sum, life in
                    let pool = WorkerPool(workers: 1 + (index + life) % 4)
                    defer { pool.stop() }
                    return sum
                        + (0..<60).count { !WorkerPoolStressTests.round(pool, tasks: $0 % 20, scratch: 64, cells) }
                }
            }
            wrong.withLock { $0 += found }
        }
        #expect(wrong.withLock { $0 } == 0)
    }

    /// One pool with several callers: whoever comes while it is busy does the work alone.
    @Test func severalCallers() {
        let pool = WorkerPool(workers: 3)
        let wrong = Mutex(0)
        WorkerPoolStressTests.onThreads(3) { _ in
            let found = WorkerPoolStressTests.withCells(12) { cells in
                (0..<3000).count { !WorkerPoolStressTests.round(pool, tasks: 1 + $0 % 12, scratch: 512, cells) }
            }
            wrong.withLock { $0 += found }
        }
        pool.stop()
        #expect(wrong.withLock { $0 } == 0)
    }

    /// A pool that is stopped at once, before its threads have looked around.
    @Test func stoppedAtOnce() {
        for _ in 0..<200 { WorkerPool(workers: 3).stop() }
    }
}
