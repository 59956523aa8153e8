import Core
import Foundation

/// The files that a process opens for reading, as strace sees them.
struct OpenedFiles {
    /// Whether strace is there and may trace.
    static let canBeSeen: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["strace", "-f", "-o", "/dev/null", "true"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationReason == .exit && process.terminationStatus == 0
    }()

    /// Absolute paths without repetition, in byte order.
    let paths: [String]
    /// The exit status of the process.
    let status: Int32

    /// Runs the program with `arguments` to its end.
    init(_ program: Program, _ arguments: [String]) throws {
        let log = NSTemporaryDirectory() + "smpo-opened-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: log) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "strace", "-f", "-s", "4096", "-e", "trace=open,openat,openat2,execve", "-o", log,
                Program.executable.path,
            ]
            + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: program.folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        let opened = OpenedFiles.paths(String(decoding: try FileContents.read(log), as: UTF8.self), in: program.folder)
        paths = opened.filter { !FileContents.isFolder($0) }
    }

    /// The paths in strace's log, those of failed calls, of folders and of files that are only written left out.
    static func paths(_ log: String, in folder: String) -> [String] {
        var (paths, pending): (Set<String>, [Substring: String]) = ([], [:])
        for line in log.split(separator: "\n") {
            let process = line.prefix { $0 != " " }
            var call = line.dropFirst(process.count).drop { $0 == " " }[...]
            var whole = String(call)
            if call.hasPrefix("<..."), let begun = pending.removeValue(forKey: process) {
                whole = begun + call.drop { $0 != ">" }.dropFirst()
                call = whole[...]
            } else if let cut = call.range(of: " <unfinished ...>") {
                pending[process] = String(call[..<cut.lowerBound])
                continue
            }
            let parts = whole.split(separator: "\"", omittingEmptySubsequences: false)
            guard parts.count >= 3, let result = whole.range(of: ") = ", options: .backwards),
                whole[result.upperBound...].first != "-"
            else { continue }
            let flags = parts[2]
            if whole.hasPrefix("open"), flags.contains("O_DIRECTORY") || flags.contains("O_WRONLY") { continue }
            let path = String(parts[1])
            paths.insert(path.hasPrefix("/") ? path : "\(folder)/\(path)")
        }
        return paths.sorted(by: utf8Less)
    }
}
