import Foundation
import Jobs
import Testing

/// Processes, of a program that is at hand everywhere.
@Suite(.serialized) struct OwnProcessTests {
    private let sleep = OwnProcesses(program: "/bin/sleep")

    @Test func aProcessIsInterrupted() throws {
        let process = try sleep.start(Command(["60"]))
        #expect(process.isRunning)
        process.interrupt()
        #expect(try process.ending().cause == .signal(SIGINT))
    }

    /// What a signal's handler does before it ends the program.
    @Test func allThatRunAreEndedTogether() throws {
        let done = try sleep.start(Command(["0"]))
        #expect(try done.ending().exitCode == 0)
        let running = try (0..<3).map { _ in try sleep.start(Command(["60"])) }
        RunningProcesses.terminate()
        for process in running { #expect(try process.ending().cause == .signal(SIGTERM)) }
    }
}
