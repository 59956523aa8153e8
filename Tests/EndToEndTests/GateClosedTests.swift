import Core
import Foundation
import Testing
import TinyRuns

/// What closes `smpo gate`: golden runs that are not audited, and those that are not what comes out.
@Suite(.goldenOnce()) struct GateClosedTests {
    @Test func aSelectionWithoutRuns() throws {
        let none = try Sandbox.recorded.gate("three")
        #expect(none.status == 2 && none.errors.contains("golden runs: one, two"), "\(none.errors)")
    }

    @Test func aWorkspaceWithoutGoldenRuns() throws {
        try Sandbox.with { sandbox in
            let empty = try sandbox.gate()
            #expect(empty.status == 2 && empty.errors.contains("expected golden runs, found none"), "\(empty.errors)")
        }
    }

    @Test func aRunThatIsNotListed() throws {
        try Sandbox.withGoldenCopy { sandbox in
            try sandbox.runs.write("one\n", to: "Golden/runs.txt")
            let unlisted = try sandbox.gate("--format", "json")
            #expect(unlisted.status == 4)
            #expect(try unlisted.outcomes() == ["one reproduced", "two missing"])
        }
    }

    @Test func aListedRunThatIsAway() throws {
        try Sandbox.withGoldenCopy { sandbox in
            try sandbox.runs.write("one\nthree\ntwo\n", to: "Golden/runs.txt")
            let away = try sandbox.gate("t*", "--format", "json")
            #expect(away.status == 4)
            #expect(try away.outcomes() == ["three missing", "two reproduced"])
        }
    }

    /// The other run is audited all the same.
    @Test(arguments: ["compare: nearly\n", ""]) func aPolicyThatCannotBeRead(_ text: String) throws {
        try Sandbox.withGoldenCopy { sandbox in
            try sandbox.runs.write(text, to: "Golden/one/policy.yaml")
            let policy = try sandbox.gate("--format", "json")
            #expect(policy.status == 2)
            #expect(try policy.outcomes() == ["one trouble", "two reproduced"])
            guard !text.isEmpty else { return }
            #expect(try policy.report()["cases"][0]["reason"].string().contains("Golden/one/policy.yaml:1:10"))
        }
    }

    @Test func aLogThatIsLost() throws {
        try Sandbox.withGoldenCopy { sandbox in
            try FileContents.remove([sandbox.runs.path("Golden/one/log.jsonl")])
            try sandbox.runs.write("recipe: unwatched\nreason: a test\n", to: "Golden/one/policy.yaml")
            let log = try sandbox.gate("--format", "json")
            #expect(log.status == 2)
            #expect(try log.outcomes() == ["one trouble", "two reproduced"])
            #expect(try log.report()["cases"][0]["reason"].string().contains("log.jsonl"), "\(log.output)")
        }
    }

    /// On a server, with annotations and the step's summary.
    @Test func aLogThatIsNotWhatComesOut() throws {
        try Sandbox.withGoldenCopy { sandbox in
            let head = try sandbox.changeGoldenLog()
            let summary = sandbox.runs.path("summary.md")
            try AtomicFile.write("before\n", to: summary)
            let closed = try sandbox.gate(
                environment: ["CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary])
            #expect(closed.status == 1, "\(closed.output)\(closed.errors)")
            let lines = closed.output.split(separator: "\n")
            #expect(lines[0] == "::error title=smpo gate::gate closed: 1 diverged, 1 reproduced", "\(closed.output)")
            #expect(
                lines[1].hasPrefix("::error file=Golden/two/log.jsonl,line=2,title=two%3A diverged::step 2, phase loss")
            )
            #expect(closed.output.contains("kind              step 2, phase loss"), "\(closed.output)")
            // What was recorded at first is what comes out: its head is what would take the place.
            #expect(closed.output.contains("replacement head  \(head.old)"), "\(closed.output)")
            #expect(closed.output.contains("golden head       \(head.new)"))
            let markdown = String(decoding: try FileContents.read(summary), as: UTF8.self)
            #expect(markdown.hasPrefix("before\n## smpo gate ❌") && markdown.contains("\(head.old)"))
        }
    }

    /// And nothing in Golden.
    @Test func filesOfEveryForm() throws {
        try Sandbox.withGoldenCopy { sandbox in
            _ = try sandbox.changeGoldenLog()
            let files = try sandbox.gate(
                "--format", "junit=gate.xml", "--format", "sarif=gate.sarif", "--format", "json=gate.json",
                "--format", "markdown")
            #expect(files.status == 1 && files.output.hasPrefix("## smpo gate ❌"), "\(files.errors)")
            #expect(
                String(decoding: try FileContents.read(sandbox.runs.path("gate.xml")), as: UTF8.self).contains(
                    "failures=\"1\""))
            let sarif = JSONCursor(try JSONValue.read(sandbox.runs.path("gate.sarif")), name: "sarif")
            #expect(try sarif["runs"][0]["results"].elements().count == 1)
            #expect(
                try JSONCursor(JSONValue.read(sandbox.runs.path("gate.json")), name: "r")["outcome"].string()
                    == "diverged")
        }
    }

    /// A change that hashes tell is graver than one that only a replay tells.
    @Test func aTamperedRunBesideADivergedOne() throws {
        try Sandbox.withGoldenCopy { sandbox in
            _ = try sandbox.changeGoldenLog()
            try sandbox.replace("\"step\":1", "\"step\":7", in: "Golden/one/log.jsonl")
            let tampered = try sandbox.gate("--format", "json")
            #expect(tampered.status == 3)
            #expect(try tampered.outcomes() == ["one tampered", "two diverged"])
        }
    }
}
