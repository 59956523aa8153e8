import Core
import Foundation

/// Commands run as processes of this very program.
package struct OwnProcesses: Launcher {
    /// This program's file.
    package static let program = "/proc/self/exe"

    package let folder: String
    private let program: String

    /// Processes in `folder`; tests name another program.
    package init(folder: String = ".", program: String = OwnProcesses.program) {
        self.folder = folder
        self.program = program
    }

    package func moved(to folder: String) -> any Launcher { OwnProcesses(folder: folder, program: program) }

    package func start(_ command: Command) throws -> any RunningCommand {
        try OwnProcess(command, of: program, in: folder)
    }
}

/// A program, this one as a rule, started with a command's arguments. What it prints goes into temporary files, not
/// pipes: a full pipe would stop a process that nobody reads from yet. The files go with this object.
final class OwnProcess: RunningCommand {
    private let command: Command
    private let process = Process()
    private let files: [URL]

    init(_ command: Command, of program: String, in folder: String) throws {
        self.command = command
        let base = NSTemporaryDirectory() + "smpo-process-\(UUID().uuidString)"
        files = [".out", ".err"].map { URL(fileURLWithPath: base + $0) }
        process.executableURL = URL(fileURLWithPath: program).resolvingSymlinksInPath()
        process.arguments = command.arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder, isDirectory: true)
        if !command.environment.isEmpty {
            process.environment = ProcessInfo.processInfo.environment.merging(command.environment) { $1 }
        }
        for file in files { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try OwnProcess.withSignals { try process.run() }
        RunningProcesses.add(process.processIdentifier)
    }

    /// Signals may be blocked in the thread that starts a process, as in Dispatch's; the process would inherit that, and
    /// could not be stopped.
    private static func withSignals(_ body: () throws -> Void) rethrows {
        var (signals, before) = (sigset_t(), sigset_t())
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    deinit {
        if process.isRunning { process.terminate() }
        RunningProcesses.forget(process.processIdentifier)
        for file in files { try? FileManager.default.removeItem(at: file) }
    }

    var isRunning: Bool { process.isRunning }

    func interrupt() { process.interrupt() }

    func ending() throws -> CommandEnding {
        process.waitUntilExit()
        RunningProcesses.forget(process.processIdentifier)
        let status = process.terminationStatus
        let errors = try FileContents.read(files[1].path)
        return CommandEnding(
            command, process.terminationReason == .exit ? .exit(status) : .signal(status),
            output: try FileContents.read(files[0].path),
            lastError: errors.split(separator: UInt8(ascii: "\n")).last.map { String(decoding: $0, as: UTF8.self) },
            errors: errors)
    }
}
