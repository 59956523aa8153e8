import Synchronization
import Testing

@testable import Compute

/// What is reckoned of the times of tasks, and that they are of all tasks.
@Suite struct JobTimesTests {
    private static func times(_ jobs: [[Int]], outside: Int) -> JobTimes {
        var times = JobTimes()
        times.outside = [outside]
        for job in jobs {
            let first = times.times.count
            times.times += job
            times.jobs.append(JobTimes.Job(owner: 0, tasks: first..<times.times.count))
        }
        return times
    }

    /// By hand: each worker takes the next task as soon as it is free.
    @Test func tasksAreSharedInTheirOrder() {
        let times = JobTimesTests.times([[3, 3, 3, 5], [7], [4, 1, 1, 1, 1]], outside: 10)
        #expect(times.reckoned(workers: 1, handover: 100) == 10 + 14 + 7 + 8)
        // 3+3 and 3+5; 7 alone; 4 and 1+1+1+1; two jobs are handed over.
        #expect(times.reckoned(workers: 2, handover: 100) == 10 + 108 + 7 + 104)
        // 3+5, 3, 3; 7; 4, 1+1, 1+1.
        #expect(times.reckoned(workers: 3, handover: 0) == 10 + 8 + 7 + 4)
        #expect(times.reckoned(workers: 16, handover: 0) == 10 + 5 + 7 + 4)
    }

    /// A pool with a clock runs every task on the calling thread, and a job within a job is part of its task.
    @Test func everyTaskIsTimed() {
        let clock = JobClock()
        let pool = WorkerPool(workers: 16, clock: clock)
        clock.begin()
        var sum = 0
        pool.run(tasks: 5) { task, _ in sum += task }
        clock.belong(to: "second")
        pool.run(tasks: 1) { _, _ in pool.run(tasks: 3) { task, _ in sum += task } }
        pool.run(tasks: 2, scratchBytes: 4 << 20) { _, scratch in
            scratch.storeBytes(of: 1, toByteOffset: (4 << 20) - 8, as: Int.self)
            for number in 0..<1_000_000 { sum = sum &* 3 &+ number }
        }
        clock.end()
        pool.stop()
        #expect(clock.times.jobs.map(\.tasks) == [0..<5, 5..<6, 6..<8])
        #expect(clock.times.jobs.map { clock.times.owners[$0.owner] } == ["", "second", "second"])
        // A million steps of a chain of multiplications take longer than adding five numbers.
        #expect(clock.times.times[6] > clock.times.times[0..<5].reduce(0, +))
        #expect(clock.times.outside.count == 2)
    }
}
