/// The progress of work whose length shows only when it has begun; Control-C ends it.
final class StepProgress {
    private let unit: String
    private var bar: ProgressBar?

    /// `unit` is one step.
    init(_ unit: String) { self.unit = unit }

    /// `done` of `total` steps are done. - Throws: `ExitCode` when interrupted.
    func update(_ done: Int, _ total: Int) throws {
        if Interrupt.isRequested { throw ExitStatus.interrupted.code }
        if bar == nil { bar = ProgressBar(total: total, unit: unit) }
        bar?.update(done)
    }

    func finish() { bar?.finish() }
}
