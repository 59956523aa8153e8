import Audit
import Compute
import Core
import Datasets
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// Self-tests of runs whose samples have sizes, drawn crops, mirrorings, and states of captions that are made once.
@Suite struct SampleSelfTestTests {
    private typealias Kind = SelfTestMutant.Kind

    private static let autoencoder = """
        {
          "_class_name": "AutoencoderKL", "block_out_channels": [4, 8], "layers_per_block": 1, "norm_num_groups": 4,
          "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
          "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "sample_size": 32
        }
        """

    /// Writes wide pictures of the shapes world, so that a crop can lie anywhere, and gives the folder.
    private func pictures(_ runs: TinyRuns) throws -> String {
        let (folder, count) = (runs.path("pairs"), 6)
        try FileContents.makeFolder(folder)
        let dataset = ShapesDataset(world: try ShapesWorld(seed: 1, side: 16), count: count)
        var lines = ""
        for index in 0..<count {
            let item = dataset.item(at: index)
            for side in PairSide.allCases {
                let square = PixelPlanes.image(
                    try dataset.pixels(at: index, which: side, size: 16), width: 16, height: 16)
                try PNGWriter.write(
                    PillowResize.resize(square, width: 22 + index, height: 16),
                    to: "\(folder)/\(index)-\(side.rawValue).png")
            }
            let line: JSONValue = [
                "caption": .string(item.caption), "image_0": .string("\(index)-0.png"),
                "image_1": .string("\(index)-1.png"), "label_0": 1, "label_1": 0,
            ]
            lines += line.canonical + "\n"
        }
        try AtomicFile.write(lines, to: "\(folder)/\(FolderPairs.listName)")
        return folder
    }

    private func recipe(_ runs: TinyRuns, _ data: String, _ model: String) throws -> String {
        try runs.write(
            """
            name: samples
            seed: 11
            data: {kind: folder, path: \(pictures(runs)), crop: random, \(data)}
            \(model)
            objective: {name: smpo, beta: 2000, gamma: 10}
            inversion: {steps: 2}
            optimizer: {lr: 1e-3}
            training: {steps: 2, pairs_per_step: 2, caption_dropout: 0.3, flip: true}
            record: {checkpoint_every: 1}
            """, to: "samples.yaml")
    }

    private func expectCaught(_ report: SelfTestReport, _ kinds: [Kind: Int]) {
        let wrong = report.results.filter { !$0.isRight }
        #expect(report.isWhole, "\(wrong)")
        for (kind, count) in kinds {
            #expect(report.results.count { $0.mutant == kind.rawValue } == count, "\(kind)")
        }
    }

    /// A model of SDXL's kind over pictures: crops are drawn in each step.
    @Test func everyMutantOfARunOnCropsIsCaught() throws {
        try RecordedRun.with({ runs, _ in try recipe(runs, "size: 16", runs.sdxl()) }) { run in
            let report = try SelfTest(workspace: run.workspace, engine: run.engine).run("run-1")
            expectCaught(report, [.crop: 1, .mirroring: 1, .timeIDs: 1, .textState: 2, .latentSet: 0])
            let omitted = report.omissions.filter { $0.mutant == Kind.latentSet.rawValue }
            #expect(omitted.count == 2 && omitted.allSatisfy { $0.reason.contains("latents") })
        }
    }

    /// The same over the latents of the pictures, whose set is changed in copies; it stays as it is.
    @Test(arguments: [true, false]) func everyMutantOfARunOnALatentSetIsCaught(keepsTexts: Bool) throws {
        try RecordedRun.with({ runs, _ in
            let vae = try runs.write(Self.autoencoder, to: "vae.json")
            return try recipe(
                runs, "size: 32, latent_set: \(runs.path("set"))\(keepsTexts ? "" : ", text_states: false")",
                "\(runs.sdxl(latents: true))\n  vae: \(vae)")
        }) { run in
            func contents() throws -> [String: [UInt8]] {
                let folder = run.runs.path("set")
                return Dictionary(
                    uniqueKeysWithValues: try FileContents.names(in: folder).map {
                        ($0, try FileContents.read("\(folder)/\($0)"))
                    })
            }
            let before = try contents()
            #expect(before.keys.contains("texts-000000.safetensors") == keepsTexts)
            let report = try SelfTest(workspace: run.workspace, engine: run.engine).run("run-1")
            expectCaught(
                report,
                [.crop: 1, .mirroring: 1, .timeIDs: 1, .textState: 2, .latentSet: keepsTexts ? 6 : 3])
            let places = report.results.filter { $0.mutant == Kind.latentSet.rawValue }.map { $0.place ?? "" }
            #expect(places[0].contains("pairs-000000.safetensors: row ") && places[0].contains("latents_"), "\(places)")
            #expect(places[1].contains("digest of latents") && places[2].contains("step 2, batch"), "\(places)")
            if keepsTexts {
                #expect(places[3].contains("texts-000000.safetensors: row "), "\(places)")
                #expect(places[4].contains("digest of latents") && places[5].contains("step 2, inversion"), "\(places)")
            }
            #expect(try contents() == before)
        }
    }
}
