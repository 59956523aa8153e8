import ArgumentParser
import Audit

/// What a part of an audit is told by the process that makes the whole report. No help lists these options.
struct AuditTaskOptions: ParsableArguments {
    /// `K/N`: the mutants of one process of several.
    @Option(help: .hidden)
    var share: String?

    /// Seconds after which no further step is begun.
    @Option(help: .hidden)
    var budget: Double?

    /// The ledger does not note this audit.
    @Flag(help: .hidden)
    var unnoted = false

    /// A part of an audit that another process makes its report of: that one has looked at the whole evidence.
    @Flag(help: .hidden)
    var part = false

    /// `inputs=DIGEST`, `head=DIGEST`: what the run has to be.
    @Option(help: .hidden)
    var expect: [String] = []

    /// Of an audit by a walk: the folder in which the walk leaves states, and a unit finds its own.
    @Option(help: .hidden)
    var states: String?

    /// `17` or `17/3`: the drawn step or lane that is computed by itself.
    @Option(help: .hidden)
    var unit: String?
}

extension AuditCommand.Replay {
    /// Whether what a task is told fits together. - Throws: `ValidationError`.
    func validateTask() throws {
        if task.states != nil, !drawsUnits || seed == nil, task.unit.flatMap({ DrawnUnit($0) }) == nil {
            throw ValidationError("--states needs --sample-steps or --sample-lanes with --seed, or --unit")
        }
        if task.unit != nil && (task.states == nil || drawsUnits) {
            throw ValidationError("--unit: expected S or S/N with --states, and no draw")
        }
        if let share = task.share, SelfTestShare(share) == nil || !selfTest || jobs != 1 {
            throw ValidationError("--share: expected K/N with 1 ≤ K ≤ N and --self-test, found \"\(share)\"")
        }
        if let budget = task.budget, !(budget >= 0 && budget < 1e6) || sample != nil || selfTest {
            throw ValidationError("--budget: expected seconds, and neither --sample nor --self-test")
        }
        if try ExpectedRun(task.expect) != nil, isCut || jobs != 1 || cluster.isElsewhere {
            throw ValidationError(
                "--expect is what a task is told, and excludes --sample, --segments, --jobs and --on")
        }
    }
}
