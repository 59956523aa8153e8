import Audit
import Compute
import Core
import Jobs

extension Runner {
    /// Runs jobs as processes here, until somebody asks this one to stop; it listens for that from now on.
    static func here(_ folder: String = ".", width: Int, cores: Int? = nil) -> Runner {
        Interrupt.listen()
        return Runner(OwnProcesses(folder: folder), width: width, cores: cores) {
            if Interrupt.isRequested { throw ExitStatus.interrupted.code }
        }
    }
}

extension OwnProcesses {
    /// The digest of this very program, with the OpenBLAS that it has loaded. - Throws: `FileError`.
    static func digest() throws -> Digest {
        .of(.document, [.digest(try Digest.file(program)), .string(OpenBLAS.version)])
    }
}

extension KeptResults {
    /// Results of this very program.
    static func here(_ folder: String) throws -> KeptResults {
        KeptResults(
            folder: folder, program: try OwnProcesses.digest(), contract: Contract.standard.rawValue)
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
