#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The time that each task of a pool's jobs takes, one after the other on the calling thread: what many workers would gain by
/// the way the work is cut can so be reckoned on a machine with few (`WorkerPool.init(workers:clock:)`).
///
/// Times are the thread's processor time: who else works on the machine does not lengthen them, but for caches and memory
/// that are shared.
package final class JobClock {
    /// What has been measured.
    package private(set) var times = JobTimes()
    private var owner = 0
    private var numbers = ["": 0]
    private var last = 0
    /// What reading the clock takes: the least of many times.
    private var reading = 0

    /// A clock that has not begun.
    package init() {}

    /// Forgets what was measured, and measures from now on.
    package func begin() {
        (times.jobs, times.times) = ([], [])
        times.outside = [Int](repeating: 0, count: times.owners.count)
        reading = 0
        last = JobClock.now()
        reading = (0..<1000).reduce(Int.max) { least, _ in min(least, lap()) }
        _ = lap()
    }

    /// Stops measuring.
    package func end() { times.outside[owner] += lap() }

    /// From now on jobs, and what lies between them, are of `name`.
    package func belong(to name: String) {
        times.outside[owner] += lap()
        if let number = numbers[name] {
            owner = number
        } else {
            owner = times.owners.count
            numbers[name] = owner
            times.owners.append(name)
            times.outside.append(0)
        }
        // Looking the name up is nobody's work.
        _ = lap()
    }

    /// Runs the tasks of a job.
    func run(_ tasks: Int, _ body: (Int) -> Void) {
        times.outside[owner] += lap()
        let first = times.times.count
        for task in 0..<tasks {
            body(task)
            times.times.append(lap())
        }
        times.jobs.append(JobTimes.Job(owner: owner, tasks: first..<times.times.count))
    }

    /// What was done since the clock was read last.
    private func lap() -> Int {
        let now = JobClock.now()
        defer { last = now }
        return max(0, now - last - reading)
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }
}
