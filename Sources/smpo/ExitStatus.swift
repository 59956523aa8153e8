import ArgumentParser
import Audit
import Comparison
import Pages
import Reports

/// The exit codes of every command: the one place where verdicts become numbers.
enum ExitStatus: Int32, CaseIterable {
    /// Done; for an audit: reproduced.
    case success = 0
    /// The replay or the compared thing differs.
    case diverged = 1
    /// The work could not be done.
    case trouble = 2
    /// A hash, chain link or signature does not hold.
    case tampered = 3
    /// Evidence is missing or of another contract.
    case incomparable = 4
    /// The command line is wrong.
    case usage = 64
    /// Stopped by the user; the run can be resumed.
    case interrupted = 130

    var meaning: String {
        switch self {
        case .success: "done; audit: reproduced or within its band; diff: the same"
        case .diverged: "diverged: step, phase and tensor are named; diff: different"
        case .trouble: "trouble: the work could not be done; diff: incomplete"
        case .tampered: "tampered: a hash, chain link or signature does not hold"
        case .incomparable: "incomparable, incomplete: evidence is missing or of another contract"
        case .usage: "the command line is wrong"
        case .interrupted: "interrupted; the run can be resumed"
        }
    }

    /// The last lines of a help text.
    static func help(_ codes: [ExitStatus]) -> String {
        "EXIT CODES\n" + codes.map { "  \($0.rawValue)  \($0.meaning)" }.joined(separator: "\n")
    }

    var code: ExitCode { ExitCode(rawValue) }

    /// Ends the program with this code, unless all went well. - Throws: `ExitCode`.
    func end() throws { if self != .success { throw code } }
}

extension ExitStatus {
    /// The code of a finding's status.
    init(_ status: Status) {
        switch status {
        case .passed: self = .success
        case .differs: self = .diverged
        case .trouble: self = .trouble
        case .tampered: self = .tampered
        case .open: self = .incomparable
        }
    }

    /// The code of a verdict on a run.
    init(_ verdict: Verdict) { self.init(verdict.status) }

    /// The code of a verification.
    init(_ verdict: VerificationReport.Verdict) {
        switch verdict {
        case .verified: self = .success
        case .tampered: self = .tampered
        case .incomplete, .incomparable: self = .incomparable
        }
    }

    /// The code of a gate's outcome.
    init(_ outcome: GateOutcome) { self.init(outcome.status) }

    /// The code of a comparison of two runs.
    init(_ difference: RunDifference) { self.init(difference.verdict) }

    /// The code of a comparison of two checkpoints.
    init(_ difference: CheckpointDifference) { self.init(difference.verdict.status) }

    /// The code of the doctor's faults.
    init(_ faults: [HealthReport.Fault]) {
        if faults.isEmpty {
            self = .success
        } else {
            self = faults.contains { $0.kind == .tampered } ? .tampered : .trouble
        }
    }
}
