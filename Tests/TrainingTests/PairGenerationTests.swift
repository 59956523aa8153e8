import Compute
import Core
import Datasets
import Diffusion
import Preferences
import Testing
import TinyRuns

@testable import Studies
@testable import Training

@Suite struct PairGenerationTests {
    /// The mean of a picture's red: no judgement, but a score.
    private struct Redness: RewardModel {
        let kind = PickScore.kind
        let digests = ["rule": Digest.of(.document, "red")]
        let reader: String? = nil
        let edge = 16
        func cuts(_ caption: String) -> Bool { false }
        func scores(_ pictures: [StoredPicture], captions: [String], engine: Engine) -> [Float] {
            pictures.map { picture in
                let reds = stride(from: 0, to: picture.samples.count, by: 3).map { Float(picture.samples[$0]) }
                return reds.reduce(0, +) / Float(reds.count)
            }
        }
        func table(_ pictures: [StoredPicture], captions: [String], engine: Engine) throws -> RewardTable {
            fatalError("nobody asks")
        }
    }

    private static var redness: EvaluationScorer {
        let reward = EvaluationReward(kind: PickScore.kind, files: RewardFiles("red"), encoding: .png)
        return EvaluationScorer(.init(reward, Redness(), prompts: [])) { Redness() }
    }

    private func generation(
        _ session: TrainingSession, _ runs: TinyRuns, pairs: Int = 5, candidates: Int = 2,
        choice: PairGeneration.Settings.Choice = .first, captions: [String]? = nil,
        voters: ShapesVoters? = ShapesVoters(seed: 2), scorer: EvaluationScorer? = redness, kept: String = "kept"
    ) throws -> PairGeneration {
        var drawing = DrawingRequest()
        (drawing.steps, drawing.height, drawing.width) = (2, 16, 16)
        return try PairGeneration(
            model: try #require(session.model.diffusionModel), in: ModelFolder(path: "model"),
            settings: .init(pairs: pairs, seed: 2, drawing: drawing, candidates: candidates, choice: choice),
            captions: captions ?? ShapesSplit.training.captions.map(\.text), voters: voters, scorer: scorer,
            keeping: runs.path(kept), engine: session.trainer.model.engine)
    }

    /// The folder is a preference set: the pictures' bytes, labels, scores; made again it is the same.
    @Test func theFolderIsAPreferenceSet() throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(try runs.smpo()) { session in
                let generation = try generation(session, runs)
                var told: [Int] = []
                let outcome = try generation.write(to: runs.path("a"), record: [:]) { told.append($0) }
                #expect(outcome.pairs == 5 && outcome.kept == 0 && told == told.sorted())
                #expect(told.last == generation.calls && generation.calls == 20)
                // What is kept is not drawn again; what is damaged is.
                let again = try generation.write(to: runs.path("b"), record: [:]) { _ in }
                #expect(again.kept == 10 && again.digest == outcome.digest)
                let key = generation.source.key(of: 3)
                try PNGWriter.write(
                    Image(width: 16, height: 16, filledWith: .white),
                    to: PictureStore(folder: runs.path("kept")).path(key))
                let third = try generation.write(to: runs.path("c"), record: [:]) { _ in }
                #expect(third.kept == 9 && third.digest == outcome.digest)
                let pairs = try FolderPairs.loadAll(folder: runs.path("a"))
                #expect(pairs.digest == outcome.digest && pairs.count == 5)
                let made = try generation.pairs(3..<5)
                #expect(made.drawn == 0)
                for pair in made.pairs {
                    let item = pairs.item(at: pair.number)
                    #expect(item.caption == generation.caption(pair.number))
                    #expect(item.score0.map(Float.init) == pair.scores?[0])
                    let planes = try pairs.pixels(at: pair.number, which: .image1, size: 16)
                    #expect(planes == PixelPlanes.planar(pair.images[1]))
                    // The scorer saw the pixels of the file.
                    let picture = try #require(try pairs.storedPicture(at: pair.number, which: .image1))
                    let score = Redness().scores(
                        [picture], captions: [item.caption], engine: session.trainer.model.engine)
                    #expect(score[0] == pair.scores?[1])
                }
                #expect(Set((0..<5).map { generation.caption($0) }).count == 5)
            }
        }
    }

    @Test func whichTwoAreKept() throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(try runs.smpo()) { session in
                func gaps(_ choice: PairGeneration.Settings.Choice) throws -> [Float] {
                    try generation(session, runs, candidates: 4, choice: choice).pairs(0..<3).pairs.map {
                        abs($0.scores![0] - $0.scores![1])
                    }
                }
                let (closest, first, widest) = (try gaps(.closest), try gaps(.first), try gaps(.widest))
                for place in 0..<3 {
                    #expect(closest[place] <= first[place] && first[place] <= widest[place])
                    #expect(closest[place] < widest[place])
                }
            }
        }
    }

    /// Without voters the higher score is the label; captions of another world need that.
    @Test func scoresAsLabels() throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(try runs.smpo()) { session in
                for pair in try generation(session, runs, voters: nil).pairs(0..<4).pairs {
                    let scores = try #require(pair.scores)
                    #expect(pair.labels == (scores[0] > scores[1] ? (1, 0) : (0, 1)) && pair.rewards == nil)
                }
                let other = try generation(
                    session, runs, pairs: 1, captions: ["a cat"], voters: ShapesVoters(seed: 1), scorer: nil)
                let error = try #require(throws: TrainingError.self) { try other.pairs(0..<1) }
                #expect("\(error)".contains("a cat"))
            }
        }
    }

    /// Every caption once, then every caption again in another order.
    @Test func captionsComeInEpochs() throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(try runs.smpo()) { session in
                let captions = ["a", "b", "c", "d", "e"]
                let generation = try generation(session, runs, pairs: 13, captions: captions, voters: nil)
                let told = (0..<13).map(generation.caption)
                #expect(told[0..<5].sorted() == captions && told[5..<10].sorted() == captions)
                #expect(told[0..<5] != told[5..<10] && Set(told[10...]).count == 3)
            }
        }
    }

    @Test func theRecordComesBack() throws {
        try RunSupport.withRuns { runs in
            var drawing = DrawingRequest()
            (drawing.sampler, drawing.spacing, drawing.isKarras) = (.euler, .trailing, true)
            (drawing.steps, drawing.guidance, drawing.eta) = (7, 1.5, 0.1)
            (drawing.height, drawing.width, drawing.clipSkip) = (16, 24, 1)
            (drawing.negative, drawing.second, drawing.negativeSecond) = ("", "b", "c")
            (drawing.originalSize, drawing.crop, drawing.targetSize) = ([5, 6], [1, 2], [3, 4])
            let folder = ModelFolder(
                path: "m", variant: .named("fp16"), autoencoder: "v", configuration: "c", weights: .ema)
            let reward = EvaluationReward(
                kind: HPSv2.kind,
                files: RewardFiles("s", processor: "p", reader: .openCLIP, resizeOrder: .across, antialias: false),
                encoding: .jpeg)
            let record = GenerationRecord(
                settings: .init(pairs: 3, seed: .max, drawing: drawing, candidates: 3, choice: .closest),
                drawing: ["steps": 7], captions: .shapes(.validation),
                model: .init(folder, digests: ["unet": Digest.sha256([1])]),
                scorer: .init(reward, digest: Digest.sha256([2])),
                voters: ShapesVoters(seed: 4, count: 3, variety: 0.25, noise: 0.125, ties: 0))
            var json = record.json
            json["outcome"] = ["data_digest": .digest(Digest.sha256([3]))]
            try runs.write(JSONValue.object(json).pretty, to: GenerationRecord.fileName)
            let found = try GenerationRecord.read(folder: runs.folder)
            #expect(found.record == record && found.digest == Digest.sha256([3]))
            #expect(try found.record.model.folder == folder)
            let source = try #require(found.record.scorer)
            let scorer = try source.reward
            #expect(scorer.kind == reward.kind && scorer.files == reward.files && scorer.encoding == reward.encoding)
            #expect(source.options["kind"] == "hpsv2")
            var odd = source
            odd.options["antialias"] = "no"
            #expect(throws: JSONShapeError.self) { try odd.reward }
            // One of a contract that is not known here can be read.
            json["contract"] = "ref-9"
            try runs.write(JSONValue.object(json).pretty, to: GenerationRecord.fileName)
            #expect(record.contract == "ref-1")
            #expect(try GenerationRecord.read(folder: runs.folder).record.contract == "ref-9")
            // An older one: squares by DDIM.
            json["schema"] = 1
            json["settings"] = [
                "pairs": 3, "seed": 5, "size": 16, "sampler": "ddim", "steps": 7, "guidance": .decimal(1.5), "eta": 0,
                "candidates": 3, "choice": "widest",
            ]
            json["drawing"] = nil
            try runs.write(JSONValue.object(json).pretty, to: GenerationRecord.fileName)
            var older = DrawingRequest()
            (older.sampler, older.steps, older.guidance, older.height, older.width) = (.ddim, 7, 1.5, 16, 16)
            let old = try GenerationRecord.read(folder: runs.folder).record
            #expect(old.settings == .init(pairs: 3, seed: 5, drawing: older, candidates: 3, choice: .widest))
            #expect(old.drawing == nil)
            json["surprise"] = 1
            try runs.write(JSONValue.object(json).pretty, to: GenerationRecord.fileName)
            #expect(throws: JSONShapeError.self) { try GenerationRecord.read(folder: runs.folder) }
        }
    }
}
