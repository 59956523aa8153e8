/// The progress of jobs: their number, those that are done, and the last one of them.
final class JobProgress {
    private let bar: ProgressBar?
    private var done = 0

    /// `unit` is one job. Nothing is shown of no jobs.
    init(total: Int, unit: String) { bar = total == 0 ? nil : ProgressBar(total: total, unit: unit) }

    func finished(_ name: String) {
        done += 1
        bar?.update(done, note: name)
    }

    func end() { bar?.finish() }
}
