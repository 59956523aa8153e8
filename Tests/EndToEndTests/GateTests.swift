import Core
import Foundation
import Testing
import TinyRuns

/// `smpo gate` as people and servers call it.
@Suite(.goldenOnce()) struct GateTests {
    @Test func goldenRunsThatAreReproducedOpenIt() throws {
        let sandbox = try Sandbox.recorded
        let before = try sandbox.golden()
        let open = try sandbox.gate()
        #expect(open.status == 0, "\(open.output)\(open.errors)")
        #expect(open.output.hasSuffix("gate open: 2 reproduced\n"), "\(open.output)")
        #expect(try sandbox.golden() == before)
        #expect(String(decoding: try #require(before["runs.txt"]), as: UTF8.self).hasSuffix("`.\none\ntwo\n"))
    }

    @Test func aSelectedRunIsReplayedInEachWay() throws {
        let ways = try Sandbox.recorded.gate(
            "on*", "--isa", "baseline", "--workers", "1,3", "--format", "json")
        #expect(ways.status == 0, "\(ways.errors)")
        #expect(try ways.outcomes() == ["one reproduced", "one reproduced"])
        #expect(try ways.report()["cases"][1]["way"]["workers"].int() == 3)
    }

    @Test func oneAfterAnotherAndSideBySideGiveTheSameBytes() throws {
        let json = try ["1", "2"].map { try Sandbox.recorded.gate("--jobs", $0, "--format", "json").output }
        #expect(json[0] == json[1])
    }

    /// The policy's ways, and its steps.
    @Test func aPolicyIsKept() throws {
        try Sandbox.withGoldenCopy { sandbox in
            try sandbox.runs.write(
                "recipe: unwatched\nreason: a test\nsteps: 1\nisa: [baseline]\nworkers: [1, 2]\n",
                to: "Golden/two/policy.yaml")
            let result = try sandbox.gate("two", "--format", "json")
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            let cases = try result.report()["cases"].elements()
            #expect(
                try cases.map { try $0["way"].value?.canonical } == [
                    #"{"isa":"baseline","workers":1}"#, #"{"isa":"baseline","workers":2}"#,
                ])
            #expect(try cases[0]["checked"].value?.canonical == "[1,1]")
            #expect(try cases[0]["unchecked"].value?.canonical == "[[2,2]]")
            #expect(
                try result.report()["summary"].string().hasSuffix(
                    "; 2 of 2 replayed in part only; 2 of 2 watched by no recipe; 1 golden run not selected"))
        }
    }

    @Test(arguments: [
        ["--format", "json", "--format", "text"], ["--format", "json=Golden/gate.json"], ["--format", "xml"],
        ["--format", "json="], ["--quick", "0"], ["--isa", "avx9"], ["--workers", "1,"], ["--jobs", "0"],
    ]) func aWrongOptionIsRefused(_ wrong: [String]) throws {
        #expect(try Sandbox.recorded.program.start(["gate"] + wrong).wait().status == 64, "\(wrong)")
    }

    @Test func throughSaysWhatKindOfChangeItIs() throws {
        let same = try Sandbox.recorded.program.run("audit", "one", "--through", "--json")
        #expect(same.status == 0, "\(same.errors)")
        #expect(try same.report()["drift"]["steps"].elements().count == 3)
        #expect(try same.report()["kind"].present == nil)
    }

    @Test(arguments: [["--through", "--segment", "2..3"], ["--through", "--sample", "1"], ["--budget", "-1"]])
    func throughIsForWholeRuns(_ wrong: [String]) throws {
        #expect(try Sandbox.recorded.program.start(["audit", "one"] + wrong).wait().status == 64, "\(wrong)")
    }
}
