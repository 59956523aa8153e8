import Foundation
import Testing

/// The built program, run as a process in a folder of its own.
struct Program {
    /// What a run of the program left behind.
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// `smpo` beside the test bundle.
    static let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("smpo")

    /// The environment of a person's machine: what a CI server that runs these tests says of itself is left out.
    static let environment = ProcessInfo.processInfo.environment.merging(
        ["CI": "", "GITHUB_ACTIONS": "", "GITHUB_STEP_SUMMARY": "", "SMPO_KEY": ""]) { $1 }

    /// The working folder.
    let folder: String

    /// Runs to the end.
    func run(_ arguments: String...) throws -> Result {
        let running = try start(arguments)
        return running.wait()
    }

    /// Starts and returns at once.
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Running {
        try Running(arguments, in: folder, environment)
    }

    /// A process that is still running. Its output goes to files, so that no full pipe can stop it.
    final class Running {
        let process = Process()
        private let base: String

        init(_ arguments: [String], in folder: String, _ environment: [String: String]) throws {
            base = NSTemporaryDirectory() + "smpo-output-\(UUID().uuidString)"
            process.executableURL = Program.executable
            process.arguments = arguments
            process.currentDirectoryURL = URL(fileURLWithPath: folder)
            process.standardInput = FileHandle.nullDevice
            process.environment = Program.environment.merging(environment) { $1 }
            for (suffix, isError) in [(".out", false), (".err", true)] {
                _ = FileManager.default.createFile(atPath: base + suffix, contents: nil)
                let handle = try #require(FileHandle(forWritingAtPath: base + suffix))
                if isError { process.standardError = handle } else { process.standardOutput = handle }
            }
            try process.run()
        }

        deinit {
            if process.isRunning { process.terminate() }
            for suffix in [".out", ".err"] { try? FileManager.default.removeItem(atPath: base + suffix) }
        }

        /// The processes that it has started and not yet waited for, from the kernel's table.
        var children: [Int32] {
            let folder = "/proc/\(process.processIdentifier)/task"
            let tasks = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return tasks.flatMap { task in
                let list = FileManager.default.contents(atPath: "\(folder)/\(task)/children") ?? Data()
                return String(decoding: list, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
            }
        }

        /// Waits until stderr holds `text`; false if the process ends before that.
        func waits(for text: String) -> Bool {
            while process.isRunning {
                if read(".err").contains(text) { return true }
                usleep(2000)
            }
            return false
        }

        /// Waits for the end; the most memory that the process has held, in bytes, is looked up until then.
        func waitWatchingMemory() -> (result: Result, peak: Int) {
            var peak = 0
            while process.isRunning {
                // Read as bytes: the file is gone with the process.
                let status = FileManager.default.contents(atPath: "/proc/\(process.processIdentifier)/status")
                let lines = String(decoding: status ?? Data(), as: UTF8.self).split(separator: "\n")
                if let line = lines.first(where: { $0.hasPrefix("VmHWM:") }) {
                    peak = max(peak, (Int(line.split(separator: " ")[1]) ?? 0) << 10)
                }
                usleep(1000)
            }
            return (wait(), peak)
        }

        func wait() -> Result {
            process.waitUntilExit()
            // A signal's number cannot be mistaken for an exit code: those of the program are below 131.
            let status =
                process.terminationReason == .exit ? process.terminationStatus : 1000 + process.terminationStatus
            return Result(status: status, output: read(".out"), errors: read(".err"))
        }

        private func read(_ suffix: String) -> String {
            String(decoding: FileManager.default.contents(atPath: base + suffix) ?? Data(), as: UTF8.self)
        }
    }
}
