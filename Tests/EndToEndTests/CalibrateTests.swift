import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// From the calibration of a band to the audit of a run that was recorded with it.
@Suite struct CalibrateTests {
    @Test func calibrateTrainAudit() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(more: "backend: openblas")
            let made = try sandbox.program.run(
                "calibrate", recipe, "-o", "band.json", "--steps", "2", "--core-types", "Bogus", "--threads", "1,2",
                "--workers", "1")
            #expect(made.status == 0, "\(made.errors)")
            #expect(made.output.contains("  reference  ") && made.output.contains("recorded the steps"))
            // A name that the library does not know counts for nothing.
            let ignored = made.output.split(separator: "\n").filter { $0.contains("Bogus") }
            #expect(ignored.count == 2, "\(made.output)")
            for line in ignored { #expect(line.hasSuffix("in its place: not counted"), "\(line)") }
            #expect(try leftOver(sandbox).isEmpty)

            let trained = try sandbox.program.run("train", recipe, "--record", "--band", "band.json", "--workers", "1")
            #expect(trained.status == 0, "\(trained.errors)")
            let inputs = try Manifest.read(sandbox.workspace.manifest("run-1")).inputs
            #expect(try inputs.band(file: "") == Band.read(sandbox.runs.path("band.json")))

            let audit = try sandbox.program.run("audit", "run-1")
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
            #expect(audit.output.hasPrefix("run-1: within-band"), "\(audit.output)")
            for words in ["swapped sample", "timestep", "noise element", "learning rate", "β₂", "weight decay"] {
                #expect(audit.output.contains(words), "\(audit.output)")
            }
            #expect(try sandbox.program.run("verify", "run-1").status == 0)

            let other = try sandbox.program.run(
                "train", recipe, "--record", "--band", "band.json", "--workers", "1", "--set", "optimizer.lr=2e-3")
            #expect(other.status == 2 && other.errors.contains("the recipe's digest"), "\(other.errors)")
            let sample = try sandbox.program.run("audit", "run-1", "--sample", "1")
            #expect(sample.status == 0 && sample.output.contains("within-band"), "\(sample.output)\(sample.errors)")
        }
    }

    @Test func mistakes() throws {
        try Sandbox.with { sandbox in
            let plain = try sandbox.runs.smpo()
            let reference = try sandbox.program.run("calibrate", plain, "-o", "band.json")
            #expect(reference.status == 64 && reference.errors.contains("need no band"), "\(reference.errors)")
            for (option, value) in [
                ("--steps", "0"), ("--quantile", "0"), ("--quantile", "nan"), ("--margin", "0.5"), ("--threads", "1,x"),
                ("--core-types", "a b"),
            ] {
                let result = try sandbox.program.run("calibrate", plain, "-o", "band.json", option, value)
                #expect(result.status == 64 && result.errors.contains(option), "\(result.errors)")
            }
            // The first step begins where policy and reference are one.
            let few = try sandbox.program.run(
                "calibrate", plain, "-o", "band.json", "--set", "backend=openblas", "--steps", "1")
            #expect(few.status == 64 && few.errors.contains("expected more than 1"), "\(few.errors)")
            #expect(!FileContents.exists(sandbox.runs.path("band.json")))
            #expect(try sandbox.program.run("train", plain, "--band", "band.json").status == 64)
            let missing = try sandbox.program.run("train", plain, "--record", "--band", "band.json")
            #expect(missing.status == 2 && missing.errors.contains("band.json"), "\(missing.errors)")
        }
    }

    /// What a calibration has left behind.
    private func leftOver(_ sandbox: Sandbox) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: sandbox.runs.path(".smpo"))
            .filter { $0.hasPrefix("calibration") }
    }
}
