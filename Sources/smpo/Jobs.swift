import Audit
import Core
import Jobs

extension Runner {
    /// Runs jobs as processes here, until Control-C.
    static func here(_ folder: String = ".", width: Int, cores: Int? = nil) -> Runner {
        Runner(OwnProcesses(folder: folder), width: width, cores: cores) {
            if Interrupt.isRequested { throw ExitStatus.interrupted.code }
        }
    }
}

extension CommandEnding {
    /// Its report, where exit code and verdict agree.
    /// - Throws: `ExitCode` where it was interrupted, `CommandFailure` where it says nothing that can be read.
    func judged(_ name: String) throws -> JSONCursor {
        if exitCode == ExitStatus.interrupted.rawValue { throw ExitStatus.interrupted.code }
        guard let exitCode else { throw CommandFailure(command: command.text, cause: cause, reason: nil) }
        do {
            let report = try report(name)
            guard ExitStatus(try Verdict(json: report["verdict"])).rawValue == exitCode else {
                throw CommandFailure(command: command.text, cause: cause, reason: "the report says otherwise")
            }
            return report
        } catch let error where !(error is CommandFailure) {
            throw failure("\(error)")
        }
    }
}
