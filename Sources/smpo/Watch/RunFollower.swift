import Core
import Foundation
import Ledger

/// Follows a run that another process records, by looks at the ledger. A look reads the steps that are new, in one short
/// transaction; SQLite's write-ahead log lets the writer go on meanwhile, and the run's lock is not touched.
struct RunFollower {
    /// The state of a run at a look.
    enum State: String {
        case running, interrupted, finished
        /// The ledger says it is being recorded, and nobody does: its process was killed.
        case abandoned
    }

    /// The run.
    let name: String
    /// The numbers of all steps seen so far.
    private(set) var figures: [StepFigures] = []
    /// The number of steps of the whole run, where its recipe says one.
    private(set) var plannedSteps: Int?
    /// The chain head after the last step seen.
    private(set) var head: Digest?
    /// The state of the run at the last look.
    private(set) var state = State.running
    private let ledger: LedgerStore
    /// When each look found how many steps.
    private var progress: [(time: Date, steps: Int)] = []

    /// Follows `name` in `ledger`.
    init(_ name: String, in ledger: LedgerStore) { (self.name, self.ledger) = (name, ledger) }

    /// Looks again. - Throws: `LedgerError`, `TamperError` for a row that holds no step record.
    mutating func look(at now: Date = Date()) throws {
        let run = try ledger.run(name)
        plannedSteps = run.plannedSteps
        // A run that was taken up from a checkpoint has lost the steps after it.
        if run.steps < figures.count { figures = [] }
        if run.steps > figures.count {
            let steps = try ledger.steps(of: name, in: figures.count + 1...run.steps)
            figures += steps.map { StepFigures($0.record) }
            head = steps.last?.head
        }
        switch run.state {
        case .finished: state = .finished
        case .interrupted: state = .interrupted
        case .running: state = ledger.isRecorded(name) ? .running : .abandoned
        }
        progress.append((now, figures.count))
        // The pace is that of the last minute.
        while progress.count > 2, now.timeIntervalSince(progress[0].time) > 60 { progress.removeFirst() }
    }

    /// Steps a second, as far as it was seen; nil before two looks saw different numbers of steps.
    var pace: Double? {
        guard let first = progress.first, let last = progress.last, last.steps > first.steps else { return nil }
        return Double(last.steps - first.steps) / last.time.timeIntervalSince(first.time)
    }

    /// Seconds until the last step at the present pace.
    var rest: Double? {
        guard let pace, let plannedSteps else { return nil }
        return Double(max(0, plannedSteps - figures.count)) / pace
    }
}
