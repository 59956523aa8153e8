import Compute
import Core
import Datasets
import Ledger
import Testing
import TinyRuns

@testable import Training

/// Rules by which pictures are made ready, in runs.
@Suite struct PreparationRunTests {
    private func pictures(
        _ runs: TinyRuns, _ overrides: [String], step: Int = 1
    ) throws -> (x0: [[Float]], crops: [PictureFrame]?) {
        let folder = try PairFolders(runs)
        let recipe = try runs.smpo(data: folder.path, steps: 1)
        return try RunSupport.withSession(recipe, folder.overrides + overrides) { session in
            let batch = try session.batches.batch(step)
            return ((0..<batch.x0.shape[0]).map { batch.x0.slice($0..<$0 + 1).floats }, batch.crops)
        }
    }

    @Test func keysDecideWhatAStepSees() throws {
        try RunSupport.withRuns { runs in
            let many = ["training.pairs_per_step=60"]
            let plain = try pictures(runs, many + ["training.flip=false"])
            #expect(plain.crops == nil)
            let random = try pictures(runs, many + ["training.flip=false", "data.crop=random"])
            let crops = try #require(random.crops)
            // 16 x 20 and 16 x 24 at 16 pixels: five and nine places.
            #expect(Set(stride(from: 0, to: 120, by: 2).map { crops[$0].left }) == Set(0...4))
            #expect(Set(stride(from: 1, to: 120, by: 2).map { crops[$0].left }) == Set(0...8))
            #expect(crops.allSatisfy { $0.top == 0 })
            for (row, crop) in crops.enumerated() {
                #expect((plain.x0[row] == random.x0[row]) == (crop.left == (row % 2 == 0 ? 2 : 4)), "\(row)")
            }
            func mirrored(_ more: [String]) throws -> [Bool] {
                let flipped = try pictures(runs, many + more).x0
                return zip(plain.x0, flipped).map { plain, flipped in
                    #expect(flipped == plain || flipped == PixelPlanes.flipped(plain, width: 16))
                    return flipped != plain
                }
            }
            let (apart, together) = (try mirrored([]), try mirrored(["training.flip_unit=pair"]))
            let winners = stride(from: 0, to: 120, by: 2)
            #expect(winners.contains { apart[$0] != apart[$0 + 1] })
            #expect(winners.allSatisfy { together[$0] == together[$0 + 1] && together[$0] == apart[$0] })
            // Both of a pair are brought to the first one's size, which is the winner's here.
            let pairs = try pictures(runs, many + ["data.resize=pair", "data.crop=random"])
            let frames = try #require(pairs.crops)
            #expect(winners.allSatisfy { frames[$0] == frames[$0 + 1] && frames[$0].width == 20 })
            #expect(Set(frames.map(\.left)) == Set(0...4))
        }
    }

    /// Crops are recorded, and their stream is among the inputs; a run without them has the manifest that it had.
    @Test func randomCropsAreRecorded() throws {
        try RunSupport.withRuns { runs in
            let folder = try PairFolders(runs)
            let recipe = try runs.smpo(data: folder.path, steps: 1)
            try RunSupport.withSession(recipe, folder.overrides) { session in
                #expect(session.inputs.streams.count == 8 && session.inputs.streams["crop"] == nil)
            }
            try RunSupport.withSession(recipe, folder.overrides + ["data.crop=random"]) { session in
                #expect(session.inputs.streams["crop"] == 10)
                let crops = try #require(try session.batches.batch(1).crops)
                let builder = TraceBuilder(keeps: [], engine: session.trainer.model.engine)
                _ = try session.step(observer: builder)
                let record = try builder.finish(session.trainer).record
                #expect(record[Entries.Batch.crops] == crops.flatMap { [$0.top, $0.left] })
            }
        }
    }

    @Test func keysThatDoNotGoTogetherAreRefused() throws {
        try RunSupport.withRuns { runs in
            let shapes = try runs.smpo()
            func failure(_ path: String, _ overrides: [String]) throws -> String {
                "\(try #require(throws: SettingsError.self) { try Recipe.read(path: path, overrides: overrides) })"
            }
            for key in ["resize=pair", "resize_order=pillow-13", "crop=random", "time_ids=fixed"] {
                #expect(try failure(shapes, ["data.\(key)"]).contains("data.kind: shapes"))
                let scorer = try runs.pickscore(data: runs.folder)
                #expect(try failure(scorer, ["data.\(key)"]).contains("objective.name: pickscore"))
            }
            for key in ["latent_set=set", "latent_seed=3", "text_states=false"] {
                #expect(try failure(runs.pickscore(), ["data.\(key)"]).contains("objective.name: pickscore"))
            }
            #expect(try failure(shapes, ["training.flip=false", "training.flip_unit=pair"]).contains("training.flip"))
            let folder = try runs.smpo(data: runs.folder)
            #expect(
                try failure(folder, ["data.resize=pair", "training.flip_unit=pair"]).contains("data.resize: pair"))
        }
    }
}
