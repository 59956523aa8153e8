import Audit
import Compute
import Core
import Datasets
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// Audits of runs on the latents of pictures: read, made where they are not there, made again.
@Suite struct LatentAuditTests {
    /// What another program makes of pictures: one number of the first latent in other bits.
    private struct OtherMaker: LatentMaker {
        let maker: any LatentMaker

        func encoded(at index: Int) throws -> [EncodedPicture] {
            try maker.encoded(at: index).enumerated().map { side, picture in
                guard index == 0, side == 0 else { return picture }
                var values = picture.latent.floats
                values[5] = values[5].nextUp
                return EncodedPicture(
                    latent: Tensor(values, shape: picture.latent.shape), frame: picture.frame,
                    isFlipped: picture.isFlipped)
            }
        }

        func states(_ captions: [String]) throws -> EncodedTexts { try maker.states(captions) }
    }

    private static let autoencoder = """
        {
          "_class_name": "AutoencoderKL", "block_out_channels": [4, 8], "layers_per_block": 1, "norm_num_groups": 4,
          "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
          "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "sample_size": 32
        }
        """

    private static func recipe(_ runs: TinyRuns) throws -> String {
        try runs.write(autoencoder, to: "vae.json")
        return try runs.write(
            """
            name: encoded
            seed: 11
            data: {kind: shapes, size: 32, pairs: 4, seed: 3, latent_set: \(runs.path("set"))}
            model:
              unet: \(runs.path("latent-unet.json"))
              text_encoder: \(runs.path("text_encoder.json"))
              vae: \(runs.path("vae.json"))
              scheduler: \(runs.path("scheduler.json"))
              tokenizer: shapes
              init_seed: 7
            objective: {name: smpo, beta: 2000, gamma: 10}
            inversion: {steps: 2}
            optimizer: {lr: 1e-3}
            training: {steps: 2, pairs_per_step: 2}
            """, to: "encoded.yaml")
    }

    /// A recorded run on latents that this program made, or another one.
    private func withRun(byAnother: Bool, _ body: (RecordedRun) throws -> Void) throws {
        try RecordedRun.with({ runs, engine in
            let recipe = try Self.recipe(runs)
            let encoding = try LatentEncoding.open(Recipe.read(path: recipe), on: engine)
            let writer = encoding.writer(in: runs.path("set"), encoding.captions())
            try FileContents.makeFolder(writer.folder)
            for file in try writer.missing() {
                try writer.write(file, by: byAnother ? OtherMaker(maker: encoding) : encoding)
            }
            _ = try writer.finish()
            return recipe
        }) { try body($0) }
    }

    private func audit(_ run: RecordedRun, _ mode: LatentSetUse.Mode) throws -> AuditReport {
        var auditor = Auditor(workspace: run.workspace, engine: run.engine)
        auditor.latents = LatentSetUse(mode)
        return try auditor.audit("run-1")
    }

    /// Nobody has tampered with a run whose latents come out otherwise: they are results of the program that audits.
    @Test func latentsThatComeOutOtherwiseAreADivergence() throws {
        try withRun(byAnother: true) { run in
            let read = try audit(run, .readOrMake)
            #expect(read.verdict == .reproduced && read.unchecked.contains { $0.contains("was read") }, "\(read)")
            try run.promote()
            let remade = try audit(run, .makeAgain)
            #expect(remade.verdict == .diverged && remade.divergence == nil, "\(remade)")
            let stated = try #require(run.manifest.inputs.digests["latents"])
            #expect(remade.reason?.contains(stated.hex) == true && remade.reason?.contains("no step") == true)
            #expect(AuditSummary(remade).sentence.contains("latents"))
            // The gate says what came of it, and that no step was looked at.
            let document = JSONCursor(remade.json, name: "audit", file: "audit.json")
            let gated = try GateCase(
                run: "run-1", way: GateWay(isa: nil, workers: nil), in: run.workspace, audit: document, changes: [])
            #expect(gated.outcome == .diverged && gated.checked == nil && gated.reason == remade.reason)

            // Where no set is there, one is made, and not left for the next.
            try FileManager.default.removeItem(atPath: run.runs.path("set"))
            for _ in 1...2 {
                #expect(try audit(run, .readOrMake).verdict == .diverged)
                #expect(!FileContents.exists(run.runs.path("set")))
            }
        }
    }

    @Test func whatWasThereBeforeIsNoneOfTheAudits() throws {
        try withRun(byAnother: false) { run in
            let list = run.runs.path("set/latents.json")
            #expect(try audit(run, .makeAgain).unchecked.allSatisfy { !$0.contains("latents") })
            // Files that somebody has made, without the list that makes them a set.
            try FileContents.remove([list])
            let begun = try audit(run, .readOrMake)
            #expect(begun.verdict == .reproduced && begun.unchecked.contains { $0.contains("was read") }, "\(begun)")
            #expect(FileContents.exists(list))
            try FileManager.default.removeItem(atPath: run.runs.path("set"))
            let own = try audit(run, .readOrMake)
            #expect(own.verdict == .reproduced && own.unchecked.allSatisfy { !$0.contains("latents") }, "\(own)")
        }
        try RecordedRun.with { run in
            let none = try audit(run, .makeAgain)
            #expect(none.verdict == .reproduced && none.unchecked.contains { $0.contains("none were made again") })
        }
    }

    /// A file of the set that is cut is evidence that does not hold, as a changed number in it is.
    @Test func aDamagedFileIsNamed() throws {
        try withRun(byAnother: false) { run in
            let path = run.runs.path("set/pairs-000000.safetensors")
            try AtomicFile.write(Array(try FileContents.read(path).dropLast(9)), to: path)
            let report = try audit(run, .readOrMake)
            #expect(report.verdict == .tampered && report.reason?.contains(path) == true, "\(report)")
            let verified = try Verifier(workspace: run.workspace, engine: run.engine).verify("run-1")
            #expect(verified.verdict == .tampered && verified.reason?.contains(path) == true, "\(verified)")
        }
    }

    /// Latents follow from data, model and recipe; where they alone are others they are the cause.
    @Test func otherLatentsAreTheCause() throws {
        try withRun(byAnother: true) { run in
            try FileManager.default.removeItem(atPath: run.runs.path("set"))
            try run.record(Self.recipe(run.runs), as: "own")
            let other = ["data.latent_seed=1", "data.latent_set=\(run.runs.path("other"))"]
            try run.record(Self.recipe(run.runs), other, as: "drawn")
            let comparison = RunComparison(workspace: run.workspace, engine: run.engine, reruns: false)
            let alone = try comparison.compare("run-1", "own")
            #expect(alone.inputs.map(\.path) == ["digests.latents"] && alone.cause == .data, "\(alone)")
            let drawn = try comparison.compare("own", "drawn")
            #expect(drawn.inputs.contains { $0.path == "digests.latents" } && drawn.cause == .recipe, "\(drawn)")
        }
    }
}
