import ArgumentParser
import Audit
import Core
import Foundation
import Ledger

/// Turns a thrown error into a message and an exit code.
enum Failure {
    /// ArgumentParser would exit with 1 for any error, which here means *diverged*.
    static func exit(with error: Error) -> Never {
        if let status = error as? ExitCode { StandardStreams.exit(status.rawValue) }
        let status = status(of: error)
        if status == .usage || Smpo.exitCode(for: error) == .success {
            // Help, version and usage errors are ArgumentParser's to print.
            let code = Smpo.exitCode(for: error)
            let text = Smpo.fullMessage(for: error)
            if code == .success {
                print(HelpText.arranged(text))
            } else {
                StandardError.write(VisibleText.block(text) + "\n")
            }
            StandardStreams.exit(code == .success ? 0 : ExitStatus.usage.rawValue)
        }
        // `--html /dev/stdout | head`
        if let error = error as? FileError, error.code == EPIPE, OutputTarget.isStandardOutput(error.path) {
            StandardStreams.endWithoutReader()
        }
        let text = error is any ErrorInLines ? VisibleText.block("\(error)") : VisibleText.of("\(error)", most: .max)
        StandardError.write("smpo: \(status): \(text)\n")
        StandardStreams.exit(status.rawValue)
    }

    /// Says the error and ends the program at once: threads that are in the middle of something, a driver's among them, are not
    /// waited for.
    static func end(with error: Error) -> Never {
        let status = status(of: error)
        StandardError.write("smpo: \(status): \(VisibleText.of("\(error)", most: .max))\n")
        fflush(nil)
        _exit(status.rawValue)
    }

    static func status(of error: Error) -> ExitStatus {
        switch error {
        case is TamperError: .tampered
        case is OtherLatents: .diverged
        case is ContractDifference: .incomparable
        case is ValidationError, is CleanExit, is SegmentError, is LaneError, is OtherRun: .usage
        default: Smpo.exitCode(for: error) == .validationFailure ? .usage : .trouble
        }
    }
}
