import Core
import Ledger
import Testing
import TinyRuns

/// `smpo train --record` and the options that need it.
@Suite struct RecordOptionTests {
    @Test func aLevelThatThereIsNotIsNamed() throws {
        try Sandbox.with { sandbox in
            let wrong = try sandbox.program.run("train", try sandbox.runs.smpo(steps: 1), "--record", "everything")
            #expect(wrong.status == 64 && wrong.errors.contains("steps, tensors, operators"), "\(wrong.errors)")
        }
    }

    @Test func spectatorsNeedARecordingAndASpan() throws {
        try Sandbox.with { sandbox in
            let (program, recipe) = (sandbox.program, try sandbox.runs.smpo(steps: 1))
            #expect(try program.run("train", recipe, "--validate-every", "2").status == 64)
            #expect(try program.run("train", recipe, "--record", "--sample-every", "0").status == 64)
        }
    }

    @Test func theOptionMayStandBeforeTheRecipe() throws {
        try Sandbox.with { sandbox in
            let program = sandbox.program
            let turned = try program.run("train", "--record", try sandbox.runs.smpo(steps: 1), "--sample-every", "1")
            #expect(turned.status == 0, "\(turned.errors)")
            #expect(FileContents.exists(sandbox.workspace.model("run-1") + "/samples/step-000001.png"))
            #expect(try program.run("verify", "run-1").status == 0)
        }
    }
}
