import Core
import Foundation
import Jobs
import Testing

@Suite struct KeptResultsTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "kept-\(UUID().uuidString)"
        try FileContents.makeFolder(folder + "/results")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// The key stands for all inputs, in a form that stays: it is written out here.
    @Test func theKeyStandsForSourcesFilesAndCommands() {
        func key(
            _ source: UInt8 = 1, arguments: [String] = ["a", "b"], file: String = "text",
            environment: [String: String] = [:]
        ) -> Digest {
            Job(
                "name", on: [.sha256([source])], files: [("path", file)],
                [Command(arguments, environment: environment)]
            ).key
        }
        #expect(
            key()
                == .of(
                    .document,
                    [
                        "schema": 1, "sources": [.digest(.sha256([1]))], "files": ["text"], "commands": [["a", "b"]],
                    ]))
        #expect(
            Set([key(), key(2), key(file: "other"), key(arguments: ["a", "c"]), key(arguments: ["a b"])]).count == 5)
        #expect(key(environment: ["A": "1"]) != key() && key(environment: ["A": "1"]) != key(environment: ["A": "2"]))
    }

    private func kept(_ folder: String, program: UInt8 = 1, contract: String = "one") -> KeptResults {
        KeptResults(folder: folder, program: .sha256([program]), contract: contract)
    }

    private func job(_ source: UInt8 = 1, code: Int = 0) -> Job {
        Job("eval", on: [.sha256([source])], [Command(["a", "1", "0"]), Command(["b", "1", "\(code)"])])
    }

    /// What the commands printed, and which of them ran.
    private func run(_ job: Job, _ kept: KeptResults) throws -> (outputs: [JSONValue], events: [String]) {
        let launcher = ScriptedLauncher()
        let outputs = try Runner(launcher, width: 1).run([job], keeping: kept, read: { try $1.value() })
        return (outputs[0], launcher.events)
    }

    @Test func whatIsDoneIsReadAndNotRunAgain() throws {
        try withFolder { folder in
            let first = try run(job(), kept(folder))
            #expect(first.events == ["+a", "-a", "+b", "-b"])
            #expect(first.outputs == [["name": "a"], ["name": "b"]])
            let again = try run(job(), kept(folder))
            #expect(again.outputs == first.outputs && again.events.isEmpty)
        }
    }

    @Test func anotherProgramContractOrSourceIsAnotherResult() throws {
        try withFolder { folder in
            _ = try run(job(), kept(folder))
            for other in [kept(folder, program: 2), kept(folder, contract: "two")] {
                #expect(try run(job(), other).events.count == 4)
            }
            #expect(try run(job(2), kept(folder)).events.count == 4)
            #expect(try FileContents.names(in: folder + "/results").count == 4)
        }
    }

    @Test func whatDidNotEndWellIsNotKept() throws {
        try withFolder { folder in
            for _ in 0..<2 {
                let events = try run(job(code: 3), kept(folder)).events
                #expect(events.count == 4)
            }
            // Stopped between its commands, a job has no result.
            let runner = Runner(ScriptedLauncher(), width: 1)
            func read(_ job: Int, _ ending: CommandEnding) throws {
                if ending.command.arguments[0] == "b" { throw CancellationError() }
            }
            #expect(throws: CancellationError.self) { try runner.run([job()], keeping: kept(folder), read: read) }
            let names = try FileContents.names(in: folder + "/results")
            #expect(names.isEmpty)
        }
    }

    @Test func aFileOfTheRightNameWithAnotherKeyIsRefused() throws {
        try withFolder { folder in
            _ = try run(job(), kept(folder))
            let name = try #require(try FileContents.names(in: folder + "/results").first)
            let file = "\(folder)/results/\(name)"
            let key = try JSONCursor(JSONValue.read(file), name: "result")["key"].digest().hex
            let text = String(decoding: try FileContents.read(file), as: UTF8.self)
            try AtomicFile.write(text.replacing(key, with: String(repeating: "0", count: 64)), to: file)
            let error = try #require(throws: JSONShapeError.self) { try run(job(), kept(folder)) }
            #expect("\(error)".contains(key) && "\(error)".contains(file))
        }
    }
}
