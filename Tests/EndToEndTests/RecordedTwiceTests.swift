import Core
import Testing
import TinyRuns

/// A run that was recorded before is named, with whether it ended alike.
@Suite struct RecordedTwiceTests {
    @Test func earlierRunsAreNamed() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo()
            let first = try sandbox.record(recipe)
            #expect(!first.output.contains("recorded  ") && first.output.contains("no golden run"), "\(first.output)")

            let second = try sandbox.record(recipe)
            #expect(try sandbox.value("recorded", in: second) == "same chain head as run-1")

            try sandbox.forge { $0.outcome?.chainHead = .sha256([]) }
            let third = try sandbox.record(recipe)
            #expect(try sandbox.value("recorded", in: third) == "DIFFERENT chain head from run-1")
            #expect(third.output.contains("same chain head as run-2"), "\(third.output)")
        }
    }
}
