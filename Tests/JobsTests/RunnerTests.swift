import Core
import Jobs
import Testing

@Suite struct RunnerTests {
    private func job(_ name: String, ticks: Int = 0, code: Int = 0, cores: Int = 1) -> Job {
        Job(name, cores: cores, [Command([name, "\(ticks)", "\(code)"])])
    }

    @Test func resultsStandInTheOrderOfTheJobsWhoeverEndsFirst() throws {
        let launcher = ScriptedLauncher()
        var ended: [Int] = []
        let codes = try Runner(launcher, width: 3).run(
            [job("a", ticks: 5, code: 1), job("b", ticks: 1, code: 2), job("c", code: 3)],
            read: { $1.exitCode }, finished: { job, _ in ended.append(job) })
        #expect(codes == [[1], [2], [3]])
        #expect(ended == [2, 1, 0])
        #expect(launcher.most == 3)
    }

    @Test func noMoreRunThanWidthAndCoresAllow() throws {
        let jobs = (0..<6).map { job("\($0)", ticks: $0 % 3) }
        let two = ScriptedLauncher()
        _ = try Runner(two, width: 2).run(jobs, read: { $1.exitCode })
        #expect(two.most == 2)
        // Of the large ones none runs beside another; a small one goes before a large one that does not fit.
        let mixed = ScriptedLauncher()
        _ = try Runner(mixed, width: 8, cores: 3).run(
            [job("large", ticks: 3, cores: 2), job("huge", ticks: 1, cores: 9), job("small", ticks: 9)],
            read: { $1.exitCode })
        #expect(mixed.events == ["+large", "+small", "-large", "-small", "+huge", "-huge"])
    }

    @Test func commandsOfAJobRunOneAfterAnother() throws {
        let launcher = ScriptedLauncher()
        let twice = Job("twice", [Command(["a", "1", "0"]), Command(["b", "0", "4"])])
        let codes = try Runner(launcher, width: 4).run(
            [twice],
            start: { start in
                start.command.arguments[0] == "b" ? Command(["other", "0", "5"]) : start.command
            },
            read: { $1.exitCode })
        #expect(launcher.events == ["+a", "-a", "+other", "-other"])
        #expect(codes == [[0, 5]])
    }

    @Test func whatCannotStartIsReadToo() throws {
        let causes = try Runner(ScriptedLauncher(), width: 2).run(
            [job("refused"), job("a")], read: { $1.cause })
        #expect(causes == [[.notStarted("no such program")], [.exit(0)]])
    }

    struct Stop: Error {}

    @Test func anErrorStopsAllThatRun() throws {
        let launcher = ScriptedLauncher()
        #expect(throws: Stop.self) {
            try Runner(launcher, width: 2).run(
                [job("long", ticks: 1000), job("bad", code: 9), job("never")],
                read: { _, ending in if ending.exitCode == 9 { throw Stop() } })
        }
        #expect(launcher.events == ["+long", "+bad", "-bad", "!long", "-long"])
    }

    @Test func theCheckpointStopsThemToo() throws {
        let launcher = ScriptedLauncher()
        var turns = 0
        let runner = Runner(launcher, width: 1) {
            turns += 1
            if turns == 4 { throw Stop() }
        }
        #expect(throws: Stop.self) { try runner.run([job("long", ticks: 1000)], read: { $1.exitCode }) }
        #expect(launcher.events == ["+long", "!long", "-long"])
    }

    /// A command may end by what stops this program, before the program has looked: its end is no result.
    @Test func whatEndsWhileAllStopsIsNotRead() throws {
        let launcher = ScriptedLauncher()
        var isStopped = false
        let runner = Runner(launcher, width: 2) { if isStopped { throw Stop() } }
        launcher.ended = { isStopped = true }
        #expect(throws: Stop.self) {
            try runner.run(
                [job("a"), job("long", ticks: 1000)],
                read: { job, _ in Issue.record("the end of job \(job) was read") })
        }
        #expect(launcher.events == ["+a", "+long", "-a", "!long", "-long"])
    }

    @Test func aFailureSaysCommandAndCause() {
        let command = Command(["audit", "run-1"])
        #expect(
            "\(CommandEnding(command, .exit(3)).failure("no report"))" == "smpo audit run-1: exit code 3: no report")
        #expect(
            "\(CommandEnding(command, .signal(9), lastError: "said so").failure("unheard"))"
                == "smpo audit run-1: ended by signal 9: said so")
    }
}
