import Core
import Foundation
import Jobs

/// An engine whose machines do what a script says: each try of a task takes the next word of the task's list.
final class ScriptedEngine: JobEngine {
    /// What becomes of a try.
    enum Fate {
        /// It ends with this exit code.
        case exit(Int32)
        /// It goes without a word: its machine was switched off.
        case vanish
        /// The engine goes on telling that it runs, and nothing is ever heard of it.
        case hang
        /// It never comes out of the queue.
        case wait
        /// A first sign, and nothing more: the engine tells of it.
        case fallSilent
    }

    private var fates: [Int: [Fate]]
    private(set) var submitted: [[Int]] = []
    private(set) var cancelled: [Set<Int>?] = []
    private var known: Set<Int> = []
    private var queued: Set<Int> = []

    init(_ fates: [Int: [Fate]]) { self.fates = fates }

    func submit(_ tasks: [Int], of folder: JobFolder) throws {
        submitted.append(tasks)
        for task in tasks {
            guard let fate = fates[task]?.first else { throw EngineFailure(command: "script", reason: "no fate left") }
            fates[task]?.removeFirst()
            switch fate {
            case .exit(let code):
                let launcher = CodeLauncher(code: code)
                _ = try TaskRun(task, of: folder, on: launcher, circumstances: [:], stopIfAsked: {}).run()
            case .vanish: break
            case .hang: known.insert(task)
            case .wait:
                known.insert(task)
                queued.insert(task)
            case .fallSilent:
                known.insert(task)
                try AtomicFile.write("here\n", to: "\(folder.task(task))/alive")
            }
        }
    }

    /// Tasks that another command gave it earlier, which `waiting` tells of from `takeUp` on, each with whether it runs; they
    /// go without a word at the question after so many.
    var earlier: [Int: (runs: Bool, questions: Int)] = [:]

    func takeUp(_ folder: JobFolder) throws { isTakenUp = true }

    private var isTakenUp = false

    /// Whether it answers no question.
    var isMute = false

    func waiting() throws -> [Int: Bool] {
        if isMute { throw EngineFailure(command: "script", reason: "no answer") }
        var tasks = Dictionary(uniqueKeysWithValues: known.map { ($0, !queued.contains($0)) })
        for (task, state) in earlier where isTakenUp && state.questions > 0 {
            tasks[task] = state.runs
            earlier[task]!.questions -= 1
        }
        return tasks
    }

    func cancel(_ tasks: Set<Int>?) {
        cancelled.append(tasks)
        known.subtract(tasks ?? known)
    }
}

/// Commands that end at once with a code.
struct CodeLauncher: Launcher {
    var folder = NSTemporaryDirectory()
    let code: Int32

    func moved(to folder: String) -> any Launcher { CodeLauncher(folder: folder, code: code) }

    func start(_ command: Command) throws -> any RunningCommand { Ended(command: command, code: code) }

    private final class Ended: RunningCommand {
        let command: Command, code: Int32
        init(command: Command, code: Int32) { (self.command, self.code) = (command, code) }
        var isRunning: Bool { false }
        func interrupt() {}
        func ending() throws -> CommandEnding {
            CommandEnding(
                command, .exit(code), output: Array("{\"code\": \(code)}".utf8), lastError: "said \(code)",
                errors: Array("a word\nsaid \(code)\n".utf8))
        }
    }
}
