import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// Input that cannot be used: exit code 2 and a message that names the place.
@Suite struct BadInputTests {
    private func expectTrouble(
        _ result: Program.Result, naming words: [String], location: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == 2, "\(result.errors)", sourceLocation: location)
        for word in words { #expect(result.errors.contains(word), "\(result.errors)", sourceLocation: location) }
        #expect(result.errors.hasPrefix("smpo: trouble: "), "\(result.errors)", sourceLocation: location)
        #expect(result.output.isEmpty, sourceLocation: location)
    }

    @Test func anUnknownRecipeKey() throws {
        try Sandbox.with { sandbox in
            let path = try sandbox.runs.write("name: x\nseed: 1\noptimiser:\n  lr: 1e-3\n", to: "bad.yaml")
            let result = try sandbox.program.run("train", path, "--record")
            expectTrouble(result, naming: ["bad.yaml:3:1:", "optimiser", "optimizer"])
            #expect(!FileContents.exists(sandbox.runs.path(".smpo")))
        }
    }

    @Test func missingFiles() throws {
        try Sandbox.with { sandbox in
            expectTrouble(try sandbox.program.run("train", "nowhere.yaml"), naming: ["nowhere.yaml"])
            let recipe = try sandbox.runs.smpo(model: "no-model")
            expectTrouble(try sandbox.program.run("train", recipe, "--record"), naming: ["no-model"])
            let folder = try sandbox.runs.smpo(data: "no-pairs")
            expectTrouble(try sandbox.program.run("train", folder, "--record"), naming: ["no-pairs"])
            expectTrouble(try sandbox.program.run("train", "--resume", "run-1"), naming: ["ledger"])
        }
    }

    /// The element type in the header, the length of the file, one number.
    @Test func damagedWeights() throws {
        try Sandbox.with { sandbox in
            let path = try sandbox.baseModel()
            let recipe = try sandbox.runs.smpo(model: sandbox.runs.path("model"))
            let original = try FileContents.read(path)
            let header = String(decoding: original, as: Unicode.ASCII.self)
            let dtype = try #require(header.range(of: #""dtype":"F32""#))
            let place = header.distance(from: header.startIndex, to: dtype.lowerBound) + 9

            var bytes = original
            bytes.replaceSubrange(place..<place + 3, with: Array("I32".utf8))
            try AtomicFile.write(bytes, to: path)
            expectTrouble(try sandbox.program.run("train", recipe, "--record"), naming: [path, "I32"])

            try AtomicFile.write(original.dropLast(10), to: path)
            expectTrouble(try sandbox.program.run("train", recipe, "--record"), naming: [path])

            try AtomicFile.write(original.dropLast(4) + [0, 0, 0xC0, 0x7F], to: path)
            expectTrouble(
                try sandbox.program.run("train", recipe, "--record"), naming: [path, "tensor \"", "element ", "NaN"])
            #expect(!FileContents.exists(sandbox.workspace.ledger))

            try AtomicFile.write(original, to: path)
            #expect(try sandbox.program.run("train", recipe, "--record").status == 0)
        }
    }

    @Test func aRunThatBlowsUp() throws {
        try Sandbox.with { sandbox in
            let result = try sandbox.program.run(
                "train", try sandbox.runs.smpo(), "--record", "--set", "optimizer.lr=1e30")
            #expect(result.status == 2)
            #expect(result.errors.contains("step 2, phase "), "\(result.errors)")
            #expect(try sandbox.workspace.openLedger().verify("run-1").chain.count == 1)
        }
    }
}
