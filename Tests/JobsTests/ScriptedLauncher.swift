import Core
import Foundation
import Jobs

/// A launcher without processes: a command `NAME TICKS CODE` runs until it has been asked TICKS times whether it does.
/// What happens is written down, in order.
final class ScriptedLauncher: Launcher {
    struct Refused: Error, CustomStringConvertible { let description = "no such program" }

    let folder: String
    private(set) var events: [String] = []
    private(set) var most = 0
    private var running = 0
    /// Called whenever a command has ended.
    var ended: () -> Void = {}

    init(folder: String = ".") { self.folder = folder }

    func moved(to folder: String) -> any Launcher { ScriptedLauncher(folder: folder) }

    func start(_ command: Command) throws -> any RunningCommand {
        if command.arguments[0] == "refused" { throw Refused() }
        events.append("+\(command.arguments[0])")
        running += 1
        most = max(most, running)
        return Scripted(command, self)
    }

    private final class Scripted: RunningCommand {
        let command: Command
        unowned let launcher: ScriptedLauncher
        var ticks: Int
        var interrupted = false

        init(_ command: Command, _ launcher: ScriptedLauncher) {
            self.command = command
            self.launcher = launcher
            ticks = Int(command.arguments[1])!
        }

        var isRunning: Bool {
            ticks -= 1
            return ticks >= 0
        }

        func interrupt() {
            interrupted = true
            launcher.events.append("!\(command.arguments[0])")
        }

        func ending() throws -> CommandEnding {
            launcher.running -= 1
            launcher.events.append("-\(command.arguments[0])")
            launcher.ended()
            let name = command.arguments[0]
            return CommandEnding(
                command, interrupted ? .signal(2) : .exit(Int32(command.arguments[2])!),
                output: Array("{\"name\": \"\(name)\"}".utf8))
        }
    }
}
