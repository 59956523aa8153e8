import Compute
import Core
import Datasets
import Testing
import TinyRuns

@testable import Studies
@testable import Training

@Suite struct PairGenerationTests {
    /// The mean of a picture's first plane: no judgement, but a score.
    private static func scorer(_ pictures: Tensor, _ captions: [String]) -> [Float] {
        captions.indices.map { place in
            let values = pictures.slice(place..<place + 1).floats.prefix(256)
            return values.reduce(0, +) / 256
        }
    }

    private func generation(
        _ session: TrainingSession, pairs: Int = 5, candidates: Int = 2,
        choice: PairGeneration.Settings.Choice = .first,
        voters: ShapesVoters? = ShapesVoters(seed: 2), scorer: PictureScorer? = scorer
    ) throws -> PairGeneration {
        PairGeneration(
            model: try #require(session.model.diffusionModel),
            settings: .init(pairs: pairs, seed: 2, size: 16, steps: 2, candidates: candidates, choice: choice),
            captions: ShapesSplit.training.captions.map(\.text), voters: voters, scorer: scorer)
    }

    /// The folder is a preference set: the pictures' bytes, labels, scores; made again it is the same.
    @Test func theFolderIsAPreferenceSet() throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(try runs.smpo()) { session in
                let engine = session.trainer.model.engine
                let generation = try generation(session)
                let outcome = try generation.write(to: runs.path("a"), record: [:], engine: engine) { _ in }
                let again = try generation.write(to: runs.path("b"), record: [:], engine: engine) { _ in }
                #expect(outcome == again && outcome.pairs == 5)
                let pairs = try FolderPairs.loadAll(folder: runs.path("a"))
                #expect(pairs.digest == outcome.digest && pairs.count == 5)
                let made = try generation.pairs(3..<5, engine: engine)
                for pair in made {
                    let item = pairs.item(at: pair.number)
                    #expect(item.caption == generation.caption(pair.number))
                    #expect(item.score0.map(Float.init) == pair.scores?[0])
                    let planes = try pairs.pixels(at: pair.number, which: .image1, size: 16)
                    #expect(planes == PixelPlanes.planar(pair.images[1]))
                    // The scorer saw the bytes of the file.
                    let score = Self.scorer(Tensor(planes, shape: [1, 3, 16, 16]), [item.caption])
                    #expect(score[0] == pair.scores?[1])
                }
                #expect(Set((0..<5).map { generation.caption($0) }).count == 5)
            }
        }
    }

    @Test func whichTwoAreKept() throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(try runs.smpo()) { session in
                let engine = session.trainer.model.engine
                func gaps(_ choice: PairGeneration.Settings.Choice) throws -> [Float] {
                    try generation(session, candidates: 4, choice: choice).pairs(0..<3, engine: engine).map {
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
                let engine = session.trainer.model.engine
                for pair in try generation(session, voters: nil).pairs(0..<4, engine: engine) {
                    let scores = try #require(pair.scores)
                    #expect(pair.labels == (scores[0] > scores[1] ? (1, 0) : (0, 1)) && pair.rewards == nil)
                }
                let other = PairGeneration(
                    model: try #require(session.model.diffusionModel),
                    settings: .init(pairs: 1, seed: 2, size: 16, steps: 1),
                    captions: ["a cat"], voters: ShapesVoters(seed: 1), scorer: nil)
                let error = try #require(throws: TrainingError.self) { try other.pairs(0..<1, engine: engine) }
                #expect("\(error)".contains("a cat"))
            }
        }
    }

    @Test func theRecordComesBack() throws {
        try RunSupport.withRuns { runs in
            let record = GenerationRecord(
                settings: .init(
                    pairs: 3, seed: .max, size: 16, steps: 7, guidance: 1.5, eta: 0.1, candidates: 3, choice: .closest),
                captions: .shapes(.validation), model: .init(path: "m", digests: ["unet": Digest.sha256([1])]),
                scorer: .init(path: "s", digests: ["scorer": Digest.sha256([2])]),
                voters: ShapesVoters(seed: 4, count: 3, variety: 0.25, noise: 0.125, ties: 0))
            var json = record.json
            json["outcome"] = ["data_digest": .digest(Digest.sha256([3]))]
            try runs.write(JSONValue.object(json).pretty, to: GenerationRecord.fileName)
            let found = try GenerationRecord.read(folder: runs.folder)
            #expect(found.record == record && found.digest == Digest.sha256([3]))
            // One of a contract that is not known here can be read.
            json["contract"] = "ref-9"
            try runs.write(JSONValue.object(json).pretty, to: GenerationRecord.fileName)
            #expect(record.contract == "ref-1")
            #expect(try GenerationRecord.read(folder: runs.folder).record.contract == "ref-9")
            json["surprise"] = 1
            try runs.write(JSONValue.object(json).pretty, to: GenerationRecord.fileName)
            #expect(throws: JSONShapeError.self) { try GenerationRecord.read(folder: runs.folder) }
        }
    }
}
