import Core
import Foundation
import Testing
import TinyRuns

/// Weights as torch and gguf store them, trained on by the program.
@Suite struct StoredFormatsTests {
    /// A run is audited with its model stored otherwise, and one from that model is the same run.
    @Test func aRunFromAnotherFormatIsTheSame() throws {
        try Sandbox.with { sandbox in
            let program = sandbox.program
            try FileContents.makeFolder(sandbox.runs.path("configurations"))
            for name in ["unet.json", "text_encoder.json", "scheduler.json"] {
                try FileManager.default.copyItem(
                    atPath: sandbox.runs.path(name), toPath: sandbox.runs.path("configurations/\(name)"))
            }
            let made = try program.run(
                "init", "model", "configurations", "--seed", "7", "--dtype", "f16", "--out", "model")
            #expect(made.status == 0, "\(made.errors)")
            let recipe = try sandbox.runs.smpo(model: "model", steps: 2)
            let head = try sandbox.value("chain head", in: try sandbox.record(recipe))
            for format in StoredFormats.allCases {
                try format.replaceWeights(in: sandbox.runs.path("model"))
                let audit = try program.run("audit", "run-1", "--workers", "1")
                #expect(audit.status == 0, "\(format): \(audit.output)\(audit.errors)")
                #expect(try sandbox.value("chain head", in: try sandbox.record(recipe)) == head, "\(format)")
            }
        }
    }
}
