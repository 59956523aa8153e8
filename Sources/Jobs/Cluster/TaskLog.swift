import Core
import Foundation

/// What a task's commands had to say, in all of its tries: the file `log` of its folder.
///
///     2026-03-01T12:00:00Z n2: smpo audit run-1 --segment 1..8 --json --part
///     all that the command wrote to its error output
///     2026-03-01T12:00:41Z n2: exit code 0
///
/// The first line of a command is written before it starts: it tells of one whose machine went.
struct TaskLog {
    private let file: String

    /// - Parameter folder: that of the task.
    init(of folder: String) { file = "\(folder)/log" }

    /// A command is about to start. - Throws: `FileError`.
    func begin(_ command: Command) throws {
        let environment = command.environment.sorted { utf8Less($0.key, $1.key) }
            .map { "\($0.key)=\(ShellWord.quoted($0.value)) " }.joined()
        let words = command.arguments.map(ShellWord.quoted).joined(separator: " ")
        try append(Array("\(stamp): \(environment)smpo \(words)\n".utf8))
    }

    /// It has ended; `how` takes the place of its exit code or signal. - Throws: `FileError`.
    func end(_ ending: CommandEnding, _ how: String? = nil) throws {
        var bytes = ending.errors
        if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        try append(bytes + Array("\(stamp): \(how ?? "\(ending.cause)")\n".utf8))
    }

    private var stamp: String { "\(Date().formatted(.iso8601)) \(ThisHost.name)" }

    private func append(_ bytes: [UInt8]) throws {
        let earlier = FileContents.exists(file) ? try FileContents.read(file) : []
        try AtomicFile.write(earlier + bytes, to: file)
    }
}
