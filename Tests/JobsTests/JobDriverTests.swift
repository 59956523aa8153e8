import Core
import Foundation
import Testing

@testable import Jobs

/// The driver of tasks elsewhere, with an engine that follows a script.
@Suite struct JobDriverTests {
    private func description(_ tasks: Int = 3, program: UInt8 = 1, request: JSONValue = ["run": "a"]) -> JobDescription
    {
        JobDescription(
            kind: "test", request: request, evidence: ["head": .sha256([7])], program: .sha256([program]),
            contract: "one", tasks: (0..<tasks).map { Job("task \($0)", [Command(["do", "\($0)"])]) })
    }

    private func withFolder(_ tasks: Int = 3, _ body: (JobFolder) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "job-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(try JobFolder.make(path, description(tasks)) { "run \($0)" })
    }

    /// Hundredths of seconds in place of minutes.
    private var patience: JobDriver.Patience {
        var patience = JobDriver.Patience()
        (patience.look, patience.longestLook, patience.ask) = (0.01, 0.02, 0.03)
        (patience.grace, patience.silence, patience.silences) = (0.05, 0.4, 5)
        return patience
    }

    private func run(
        _ folder: JobFolder, _ engine: ScriptedEngine, failsFast: Bool = false,
        stopIfAsked: @escaping () throws -> Void = {}
    ) throws -> [Int: [Int32]] {
        try JobDriver(
            folder, on: engine, patience: patience, failsFast: failsFast, stopIfAsked: stopIfAsked
        ).run { _, _ in }.mapValues { $0.endings.compactMap(\.exitCode) }
    }

    private func expect(
        _ expected: [Int: [Int32]], _ folder: JobFolder, _ engine: ScriptedEngine, failsFast: Bool = false,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let found = try run(folder, engine, failsFast: failsFast)
        #expect(found == expected, sourceLocation: location)
    }

    @Test func everyTaskIsSubmittedOnceAndItsResultRead() throws {
        try withFolder { folder in
            let engine = ScriptedEngine([0: [.exit(0)], 1: [.exit(1)], 2: [.exit(4)]])
            try expect([0: [0], 1: [1], 2: [4]], folder, engine)
            #expect(engine.submitted == [[0, 1, 2]] && engine.cancelled.isEmpty)
            // The same question again has its answers.
            let again = ScriptedEngine([:])
            try expect([0: [0], 1: [1], 2: [4]], folder, again)
            #expect(again.submitted.isEmpty)
        }
    }

    @Test func whatVanishesFallsSilentOrFailsIsTriedAgain() throws {
        try withFolder { folder in
            let engine = ScriptedEngine([
                0: [.vanish, .exit(0)], 1: [.fallSilent, .exit(0)], 2: [.exit(2), .exit(2), .exit(1)],
            ])
            try expect([0: [0], 1: [0], 2: [1]], folder, engine)
            #expect(engine.submitted.first == [0, 1, 2])
            #expect(engine.submitted.flatMap(\.self).sorted() == [0, 0, 1, 1, 2, 2, 2])
            // What had fallen silent was ended before it was given out again.
            #expect(engine.cancelled == [[1]])
        }
    }

    /// What waits in a queue is waited for, however long; what is said to run and gives no sign is not, and no clock of another
    /// machine has a say in it.
    @Test(arguments: [-3600.0, 0, 3600]) func whatIsSaidToRunHasToGiveASign(skew: Double) throws {
        struct Enough: Error {}
        try withFolder(2) { folder in
            for name in ["alive", "failure.json"] {
                try AtomicFile.write("earlier\n", to: "\(folder.task(1))/\(name)")
                try FileManager.default.setAttributes(
                    [.modificationDate: Date().addingTimeInterval(skew)], ofItemAtPath: "\(folder.task(1))/\(name)")
            }
            let engine = ScriptedEngine([0: [.wait], 1: [.hang, .vanish, .exit(0)]])
            let begin = Date()
            #expect(throws: Enough.self) {
                try run(folder, engine) {
                    if try Date().timeIntervalSince(begin) > 1.2 && folder.result(of: 1) != nil { throw Enough() }
                    if Date().timeIntervalSince(begin) > 30 { throw CancellationError() }
                }
            }
            #expect(engine.submitted == [[0, 1], [1], [1]] && engine.cancelled == [[1], nil])
        }
    }

    @Test func threeTriesAreEnoughAndAWrongQuestionIsAskedOnce() throws {
        try withFolder { folder in
            let engine = ScriptedEngine([
                0: [.exit(2), .exit(2), .exit(2)], 1: [.exit(64)], 2: [.vanish, .vanish, .vanish],
            ])
            // Of what was never heard of there is nothing.
            try expect([0: [2], 1: [64]], folder, engine)
            #expect(engine.submitted.flatMap(\.self).sorted() == [0, 0, 0, 1, 2, 2, 2])
            #expect(try folder.failure(of: 0)?.endings.first?.lastError == "said 2")
        }
    }

    @Test func oneThatIsNoPassEndsTheOthersWhereThatIsAskedFor() throws {
        try withFolder { folder in
            let engine = ScriptedEngine([0: [.wait], 1: [.exit(1)], 2: [.hang]])
            try expect([1: [1]], folder, engine, failsFast: true)
            #expect(engine.cancelled == [nil])
        }
    }

    /// Tasks that build on another one are given out once it has a result, whatever it says, and never where it has none.
    @Test func whatBuildsOnAnotherTaskWaitsForIt() throws {
        let path = NSTemporaryDirectory() + "job-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        func make(_ name: String) throws -> JobFolder {
            let tasks = [
                Job("first", [Command(["do", "0"])]), Job("second", after: [0], [Command(["do", "1"])]),
                Job("third", after: [0, 1], [Command(["do", "2"])]),
            ]
            return try JobFolder.make(
                "\(path)-\(name)",
                JobDescription(
                    kind: "test", request: ["run": "a"], evidence: [:], program: .sha256([1]), contract: "one",
                    tasks: tasks)
            ) { "run \($0)" }
        }
        defer { for name in ["a", "b"] { try? FileManager.default.removeItem(atPath: "\(path)-\(name)") } }
        let folder = try make("a")
        #expect(try JobFolder("\(path)-a").description.tasks.map(\.after) == [[], [0], [0, 1]])
        let early = TaskRun(2, of: folder, on: CodeLauncher(code: 0), circumstances: [:], stopIfAsked: {})
        let error = #expect(throws: TaskRun.Early.self) { try early.run() }
        #expect(error?.description.contains("task 2 builds on task 0") == true)
        #expect(try folder.result(of: 2) == nil && folder.failure(of: 2) == nil)
        let engine = ScriptedEngine([0: [.vanish, .exit(1)], 1: [.exit(2), .exit(0)], 2: [.exit(0)]])
        try expect([0: [1], 1: [0], 2: [0]], folder, engine)
        #expect(engine.submitted == [[0], [0], [1], [1], [2]])

        let lost = ScriptedEngine([0: [.exit(2), .vanish, .exit(2)]])
        try expect([0: [2]], try make("b"), lost)
        #expect(lost.submitted == [[0], [0], [0]])
    }

    @Test func whoStopsTheDriverStopsTheTasks() throws {
        struct Stop: Error {}
        try withFolder { folder in
            let engine = ScriptedEngine([0: [.wait], 1: [.exit(0)], 2: [.hang]])
            var asked = 0
            #expect(throws: Stop.self) {
                try run(folder, engine) {
                    asked += 1
                    if asked > 5 { throw Stop() }
                }
            }
            #expect(engine.cancelled == [nil])
            // What was done stays done.
            let again = ScriptedEngine([0: [.exit(0)], 2: [.exit(0)]])
            try expect([0: [0], 1: [0], 2: [0]], folder, again)
            #expect(again.submitted == [[0, 2]])
        }
    }

    /// What a command that was ended had submitted is waited for; only what has gone is submitted again.
    @Test func whatAnEarlierCommandSubmittedIsNotSubmittedAgain() throws {
        try withFolder { folder in
            let engine = ScriptedEngine([0: [.exit(0)], 2: [.exit(1)]])
            engine.earlier = [1: (true, 3), 2: (false, 3)]
            var tookUp: [Int] = []
            let driver = JobDriver(folder, on: engine, patience: patience, tookUp: { tookUp.append($0) }) {
                // The machine of the earlier command's task 1 comes to its end meanwhile.
                if engine.earlier[1]!.questions == 1, try folder.result(of: 1) == nil {
                    let launcher = CodeLauncher(code: 4)
                    _ = try TaskRun(1, of: folder, on: launcher, circumstances: [:], stopIfAsked: {}).run()
                }
            }
            let results = try driver.run { _, _ in }
            #expect(results.mapValues { $0.endings[0].exitCode } == [0: 0, 1: 4, 2: 1])
            #expect(engine.submitted == [[0], [2]] && tookUp == [2] && engine.cancelled.isEmpty)
        }
    }

    @Test func anEngineThatCannotSayWhatItHasGetsNothing() throws {
        try withFolder { folder in
            let engine = ScriptedEngine([0: [.exit(0)], 1: [.exit(0)], 2: [.exit(0)]])
            engine.isMute = true
            #expect(throws: EngineFailure.self) { try run(folder, engine) }
            // Nor is anything taken away that may still run.
            #expect(engine.submitted.isEmpty && engine.cancelled.isEmpty)
        }
    }

    @Test func anEngineThatNeverAnswersIsGivenUp() throws {
        try withFolder { folder in
            let engine = ScriptedEngine([0: [.hang], 1: [.exit(0)], 2: [.hang]])
            #expect(throws: EngineFailure.self) {
                try run(folder, engine) { engine.isMute = !engine.submitted.isEmpty }
            }
            #expect(engine.cancelled == [nil])
        }
    }

    /// A task that is stopped, by a time limit for one, says so: it is tried again without waiting for its machine.
    @Test func aTaskThatIsStoppedLeavesWord() throws {
        struct Stop: Error {}
        try withFolder(1) { folder in
            let task = TaskRun(
                0, of: folder, on: CodeLauncher(code: 0), circumstances: [:], stopIfAsked: { throw Stop() })
            #expect(throws: Stop.self) { try task.run() }
            #expect(try folder.result(of: 0) == nil)
            let ending = try #require(try folder.failure(of: 0)?.endings.first)
            #expect(ending.cause == .notStarted("stopped before its end"))
            #expect(try log(of: 0, in: folder).hasSuffix(": stopped\n"))
        }
    }

    private func log(of task: Int, in folder: JobFolder) throws -> String {
        String(decoding: try FileContents.read("\(folder.task(task))/log"), as: UTF8.self)
    }

    /// A task's log has its commands, where and when they ran, and every line of what they had to say, of all tries.
    @Test func aLogHasAllThatACommandSaid() throws {
        try withFolder(1) { folder in
            for code in [Int32(2), 0] {
                _ = try TaskRun(0, of: folder, on: CodeLauncher(code: code), circumstances: [:], stopIfAsked: {}).run()
            }
            let stamp = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (\S+)/
            let lines = try log(of: 0, in: folder).split(separator: "\n").map { line in
                guard let match = try? stamp.prefixMatch(in: line), match.1.dropLast() == ThisHost.name else {
                    return String(line)
                }
                return "AT\(line[match.range.upperBound...])"
            }
            #expect(
                lines == [
                    "AT smpo do 0", "a word", "said 2", "AT exit code 2",
                    "AT smpo do 0", "a word", "said 0", "AT exit code 0",
                ])
        }
    }

    // MARK: What was submitted

    @Test func submissionsAreWrittenDownBesideEachOther() throws {
        try withFolder { folder in
            #expect(try Submission.all(of: folder).isEmpty)
            var first = Submission(of: folder, offset: 0)
            try first.note(in: folder)
            let second = Submission(of: folder, offset: 1000)
            try second.note(in: folder)
            first.job = "17"
            try first.note(in: folder)
            #expect(try Submission.all(of: folder) == [first, second])
            #expect(first.name != second.name)
            // What another job submitted is not taken up.
            let path = folder.path + "-other"
            defer { try? FileManager.default.removeItem(atPath: path) }
            let other = try JobFolder.make(path, description(program: 2)) { "run \($0)" }
            try AtomicFile.write(try FileContents.read("\(folder.path)/engine.json"), to: "\(path)/engine.json")
            #expect(throws: JSONShapeError.self) { try Submission.all(of: other) }
        }
    }

    // MARK: The folder

    @Test func aResultKnowsWhatItBelongsTo() throws {
        try withFolder { folder in
            func write(_ task: Int, in folder: JobFolder) throws {
                _ = try TaskRun(task, of: folder, on: CodeLauncher(code: 0), circumstances: [:], stopIfAsked: {}).run()
            }
            try write(0, in: folder)
            let file = "\(folder.task(0))/result.json"
            let own = try FileContents.read(file)
            func expectForeign(_ what: String) {
                #expect(throws: TaskResult.Foreign.self, "\(what)") { try folder.result(of: 0) }
            }
            for (what, other) in [
                ("program", description(program: 2)), ("request", description(request: ["run": "b"])),
            ] {
                let path = folder.path + "-\(what)"
                defer { try? FileManager.default.removeItem(atPath: path) }
                let foreign = try JobFolder.make(path, other) { "run \($0)" }
                try write(0, in: foreign)
                try AtomicFile.write(try FileContents.read("\(foreign.task(0))/result.json"), to: file)
                expectForeign(what)
            }
            try write(1, in: folder)
            try AtomicFile.write(try FileContents.read("\(folder.task(1))/result.json"), to: file)
            expectForeign("another task's")
            // Cut off anywhere, it is no result; but for the last byte, which ends the line.
            for length in 0..<own.count - 1 where length % 7 == 0 {
                try AtomicFile.write(Array(own.prefix(length)), to: file)
                expectForeign("\(length) bytes")
            }
            try FileManager.default.removeItem(atPath: file)
            try FileContents.makeFolder(file)
            expectForeign("a folder")
            try FileManager.default.removeItem(atPath: file)
            try AtomicFile.write(own, to: file)
            #expect(try folder.result(of: 0)?.endings.first?.exitCode == 0)
        }
    }

    @Test func aResultIsWrittenOnceAndAnotherOneIsAFinding() throws {
        try withFolder { folder in
            func run(_ code: Int32) throws -> TaskRun.Outcome {
                try TaskRun(0, of: folder, on: CodeLauncher(code: code), circumstances: [:], stopIfAsked: {}).run()
            }
            #expect(try run(0) == .done)
            #expect(try run(1) == .there)
            #expect(try folder.result(of: 0)?.endings.first?.exitCode == 0)
            // Two copies of a task that run at once: the second one comes to its end when the first has its result.
            let first = try FileContents.read("\(folder.task(0))/result.json")
            for (code, isSame) in [(Int32(0), true), (1, false)] {
                let late = LateLauncher(code: code) {
                    try? AtomicFile.write(first, to: "\(folder.task(0))/result.json")
                }
                try FileContents.remove(["\(folder.task(0))/result.json"])
                let outcome = try TaskRun(0, of: folder, on: late, circumstances: [:], stopIfAsked: {}).run()
                #expect((outcome == .done) == isSame, "\(outcome)")
                #expect(folder.disagreements(of: 0).count == (isSame ? 0 : 1))
            }
            #expect(try FileContents.read("\(folder.task(0))/result.json") == first)
        }
    }

    @Test func anotherJobsFolderIsRefused() throws {
        try withFolder { folder in
            #expect(try JobFolder.make(folder.path, description()) { "run \($0)" }.digest == folder.digest)
            #expect(throws: JobFolder.OtherJob.self) {
                try JobFolder.make(folder.path, description(program: 2)) { "run \($0)" }
            }
            let lines = String(decoding: try FileContents.read("\(folder.path)/tasks.txt"), as: UTF8.self)
            #expect(lines == "run 0\nrun 1\nrun 2\n")
        }
    }

    /// A description that was changed in any byte is refused, or has another identity, by which its results are foreign.
    @Test func aDamagedDescriptionIsNotTheJob() throws {
        try withFolder(1) { folder in
            let file = "\(folder.path)/job.json"
            let own = try FileContents.read(file)
            for place in own.indices where own[place] != UInt8(ascii: " ") && own[place] != UInt8(ascii: "\n") {
                var bytes = own
                bytes[place] ^= 1
                try AtomicFile.write(bytes, to: file)
                if let other = try? JobFolder(folder.path) { #expect(other.digest != folder.digest, "byte \(place)") }
            }
        }
    }
}

/// A command before whose end something happens.
private struct LateLauncher: Launcher {
    var folder = NSTemporaryDirectory()
    let code: Int32
    let before: () -> Void

    func moved(to folder: String) -> any Launcher { LateLauncher(folder: folder, code: code, before: before) }

    func start(_ command: Command) throws -> any RunningCommand {
        before()
        return try CodeLauncher(code: code).start(command)
    }
}
