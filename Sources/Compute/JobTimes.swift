/// What a `JobClock` measured: nanoseconds of each task, and of what was done between the jobs.
package struct JobTimes: Sendable {
    /// A job.
    package struct Job: Sendable {
        /// Who gave it out, an index of `owners`.
        package let owner: Int
        /// Its tasks' times, a range of `times`.
        package let tasks: Range<Int>
    }

    /// Names of those who gave jobs out.
    package internal(set) var owners = [""]
    /// Jobs in order.
    package internal(set) var jobs: [Job] = []
    /// What each task took, in order.
    package internal(set) var times: [Int] = []
    /// What was done between the jobs, for each owner.
    package internal(set) var outside = [0]

    /// Nothing measured.
    init() {}

    /// What all of it takes when `workers` share it: no worker idles while a task is left, each takes the next one, and a job
    /// that is shared takes `handover` besides. Memory is taken to be as quick for all as for one.
    package func reckoned(workers: Int, handover: Int) -> Int {
        outside.reduce(0, +) + jobs.reduce(0) { $0 + length(of: $1, workers: workers, handover: handover) }
    }

    /// The time from the beginning of a job to its end.
    package func length(of job: Job, workers: Int, handover: Int) -> Int {
        guard job.tasks.count > 1, workers > 1 else { return times[job.tasks].reduce(0, +) }
        var free = [Int](repeating: 0, count: min(workers, job.tasks.count))
        for task in job.tasks {
            var first = 0
            for worker in 1..<free.count where free[worker] < free[first] { first = worker }
            free[first] += times[task]
        }
        return handover + (free.max() ?? 0)
    }
}
