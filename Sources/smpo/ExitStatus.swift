import ArgumentParser

/// The exit codes of every command: the one place where outcomes become numbers.
enum ExitStatus: Int32, CaseIterable {
    /// Done; for an audit: reproduced.
    case reproduced = 0
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
        case .reproduced: "done; audit: reproduced or within its band; diff: the same"
        case .diverged: "diverged: step, phase and tensor are named; diff: different"
        case .trouble: "trouble: the work could not be done"
        case .tampered: "tampered: a hash, chain link or signature does not hold"
        case .incomparable: "incomparable: evidence is missing or of another contract"
        case .usage: "the command line is wrong"
        case .interrupted: "interrupted; the run can be resumed"
        }
    }

    /// The last lines of a help text.
    static func help(_ codes: [ExitStatus]) -> String {
        "EXIT CODES\n" + codes.map { "  \($0.rawValue)  \($0.meaning)" }.joined(separator: "\n")
    }

    var code: ExitCode { ExitCode(rawValue) }
}
