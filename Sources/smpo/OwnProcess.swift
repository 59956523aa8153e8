import Foundation

/// This program, started again with other arguments. What it prints goes into temporary files, not pipes: a full pipe
/// would stop a process that nobody reads from yet. The files go with this object.
final class OwnProcess {
    /// A process could not do, or not say, what it was for.
    struct Failed: Error, CustomStringConvertible {
        let command: String
        let status: Int32
        let errors: String
        var description: String { "\(command): exit code \(status): \(errors)" }
    }

    /// The command as a person would type it, for errors.
    let command: String
    private let process = Process()
    private let files: [URL]

    /// Starts `smpo` with `arguments`, in `folder` or this process's own, and with `environment` beside this process's own.
    init(_ arguments: [String], environment: [String: String] = [:], folder: String? = nil) throws {
        command = "smpo " + arguments.joined(separator: " ")
        let base = NSTemporaryDirectory() + "smpo-process-\(UUID().uuidString)"
        files = [".out", ".err"].map { URL(fileURLWithPath: base + $0) }
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder, isDirectory: true) }
        if !environment.isEmpty {
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        }
        for file in files { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
        for file in files { try? FileManager.default.removeItem(at: file) }
    }

    /// Whether it has not ended yet.
    var isRunning: Bool { process.isRunning }

    /// Asks it to stop, as Control-C does.
    func interrupt() { process.interrupt() }

    /// Waits for the end; gives how it ended, and the exit code or the signal.
    func wait() -> (reason: Process.TerminationReason, status: Int32) {
        process.waitUntilExit()
        return (process.terminationReason, process.terminationStatus)
    }

    /// What it has printed.
    func output() throws -> [UInt8] { Array(try Data(contentsOf: files[0])) }

    /// The last line of its errors and messages, if there is one.
    var lastError: String? {
        (try? String(contentsOf: files[1], encoding: .utf8))?.split(separator: "\n").last.map(String.init)
    }
}
