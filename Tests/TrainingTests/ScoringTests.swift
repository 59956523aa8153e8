import Checkpoints
import Compute
import Core
import Datasets
import Foundation
import Ledger
import Preferences
import Testing
import TinyRuns

@testable import Studies
@testable import Training

/// Training a scorer by PickScore's loss.
@Suite struct ScoringTests {
    @Test func theRecordsAreTheSameHoweverTheyAreComputed() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.pickscore()
            let plain = try RunSupport.recordsHoweverComputed(recipe)
            #expect(plain.count == 3)
            for record in plain {
                #expect(
                    record.phases.map(\.phase) == [.batch, .policy, .loss, .gradient, .update, .weights])
            }
            // Ties are trained on unless the recipe says otherwise.
            let labels = plain.compactMap { $0[.batch]?["labels"]?.value }
            #expect(labels.contains { "\($0)".contains("\(Float(0.5).bitPattern)") }, "\(labels)")
            let dropped = try RunSupport.withSession(recipe, ["objective.ties=drop"]) { try RunSupport.records($0) }
            #expect(dropped != plain)
        }
    }

    /// CLIP's loss needs the whole batch; no other objective has it.
    @Test func theContrastiveLossIsRecorded() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.pickscore()
            let records = try RunSupport.withSession(recipe, ["objective.contrastive=2"]) { try RunSupport.records($0) }
            #expect(records.allSatisfy { $0[.loss]?["contrastive"] != nil })
            for (isa, workers) in [(ISA.baseline, 3), (ISA.best, 2)] {
                let again = try RunSupport.withSession(
                    recipe, ["objective.contrastive=2"], isa: isa, workers: workers
                ) { try RunSupport.records($0) }
                #expect(again == records)
            }
            let error = try #require(throws: SettingsError.self) {
                try Recipe.read(path: recipe, overrides: ["objective.contrastive=1", "training.micro_pairs=1"])
            }
            #expect(error.description.contains("training.micro_pairs"))
        }
    }

    /// Every kind of parameter: its gradient against differences of the loss. The loss is rounded to 2^-24 of about 1,
    /// which a step of 1e-2 magnifies a hundredfold; curvature adds some 1e-4.
    @Test(arguments: [[], ["objective.contrastive=0.5"]]) func gradientsAreSlopesOfTheLoss(overrides: [String]) throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(runs.pickscore(), overrides) { session in
                let batch = try session.batches.batch(1)
                let parameters = session.trainer.model.parameters
                func loss() throws -> Double {
                    defer { parameters.forEach { $0.parameter.clearGradient() } }
                    return Double(try session.trainer.computeGradients(batch).loss)
                }
                _ = try session.trainer.computeGradients(batch)
                let gradients = parameters.map { $0.parameter.gradient?.floats }
                var checked = 0
                for (entry, gradient) in zip(parameters, gradients) {
                    let gradient = try #require(gradient, "\(entry.name)")
                    guard let place = gradient.indices.max(by: { abs(gradient[$0]) < abs(gradient[$1]) }),
                        abs(gradient[place]) > 1e-2
                    else { continue }
                    let value = entry.parameter.valueForUpdate()
                    let own = value.hostValues[place]
                    // Steeper slopes bend sooner and are seen over shorter steps.
                    let step = min(1e-2, 2e-2 / abs(gradient[place]))
                    value.hostValues[place] = own + step
                    let above = try loss()
                    value.hostValues[place] = own - step
                    let below = try loss()
                    value.hostValues[place] = own
                    let slope = (above - below) / Double(2 * step)
                    #expect(
                        abs(slope - Double(gradient[place])) < 2e-3 + 0.05 * abs(slope),
                        "\(entry.name): \(gradient[place]), differences say \(slope)")
                    checked += 1
                }
                #expect(checked > 15, "\(checked)")
                #expect(gradients.last != nil && parameters.contains { $0.name == "clip/logit_scale" })
            }
        }
    }

    @Test func theLossFallsAndTheWrittenScorerOpens() throws {
        try RunSupport.withRuns { runs in
            let folder = runs.path("scorer")
            let recipe = try runs.pickscore(steps: 60)
            let digest = try RunSupport.withSession(recipe, ["optimizer.lr=3e-3"]) { (session) throws -> Digest in
                var losses: [Float] = []
                for _ in 0..<60 { losses.append(try session.step(observer: nil).loss) }
                let (first, last): (Float, Float) = (losses.prefix(10).reduce(0, +), losses.suffix(10).reduce(0, +))
                #expect(last < 0.9 * first, "\(losses)")
                try session.model.pipeline.write(to: folder)
                return try session.trainer.weightsDigest()
            }
            let scorer = try PickScore(path: folder)
            let engine = Engine()
            defer { engine.stop() }
            let written = TrainedScorer(scorer.model, processor: scorer.processor, engine: engine).parameters.map {
                ($0.name, $0.parameter.value)
            }
            let opened = try weightsDigest(of: written)
            #expect(opened == digest)
            // A run can go on from it.
            try RunSupport.withSession(runs.pickscore(model: folder)) { session in
                let start = try session.trainer.weightsDigest()
                #expect(start == digest)
                #expect(session.inputs.digests["model/model.safetensors"] == scorer.digests["model.safetensors"])
            }
        }
    }

    /// An interrupted run that is taken up again has the records of one that ran through.
    @Test func aResumedRunIsTheSame() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.pickscore(training: ", ema: 0.9")
            let whole = try RunSupport.withSession(recipe) { try RunSupport.record($0, in: runs.path("whole")) }
            try RunSupport.withSession(recipe) { session in
                _ = try RunSupport.recording(session, runs.path("parts")).record(
                    name: nil, taken: [], started: { _ in }, onStep: { _, _ in },
                    shouldStop: { session.trainer.steps == 2 })
            }
            let ending = try RunSupport.withSession(recipe) {
                try RunSupport.recording($0, runs.path("parts")).resume(
                    run: "run-1", onStep: { _, _ in }, shouldStop: { false })
            }
            guard case .finished(let parts) = ending else { throw RunSupport.Unfinished() }
            #expect(parts.outcome?.chainHead == whole.outcome?.chainHead)
        }
    }

    /// Pictures of any size, brought to the scorer's as it does when it scores.
    @Test func aFolderOfPairs() throws {
        try RunSupport.withRuns { runs in
            let folder = runs.path("pairs")
            try FileContents.makeFolder(folder)
            var lines = ""
            for index in 0..<6 {
                let images = (0..<2).map { side in
                    Image(
                        width: 31 + index, height: 24,
                        rgb: (0..<3 * (31 + index) * 24).map { UInt8(truncatingIfNeeded: $0 * (7 + side) / 3 + index) })
                }
                for (side, image) in images.enumerated() {
                    try PNGWriter.write(image, to: "\(folder)/\(index)-\(side).png")
                }
                let labels = [(1, 0), (0, 1), (0.5, 0.5)][index % 3] as (Double, Double)
                lines +=
                    "{\"caption\": \"a red circle\", \"image_0\": \"\(index)-0.png\", \"image_1\": \"\(index)-1.png\", "
                    + "\"label_0\": \(labels.0), \"label_1\": \(labels.1)}\n"
            }
            try runs.write(lines, to: "pairs/pairs.jsonl")
            try RunSupport.withSession(runs.pickscore(data: folder)) { session in
                let batch = try session.batches.batch(1)
                guard case .scorer(let scorer) = session.model, case .pairs(let pairs, _) = session.data.items else {
                    throw RunSupport.Unfinished()
                }
                let (found, pass) = (Collector(), session.trainer)
                _ = try pass.step(batch, observer: found)
                // The loss of the first step was computed by the scorer as it was: fresh, with the same seed.
                let fresh = try RunSupport.withSession(runs.pickscore(data: folder)) { $0.model }
                guard case .scorer(let same) = fresh else { throw RunSupport.Unfinished() }
                let item = batch.items[0].id
                let index = try #require((0..<pairs.count).first { pairs.item(at: $0).id == item })
                let images = try PairSide.allCases.map { try #require(try pairs.image(at: index, which: $0)) }
                let caption =
                    batch.captionIDs(0) == scorer.tokenIDs("") ? "" : pairs.item(at: index).caption
                let engine = Engine()
                defer { engine.stop() }
                let scores = try same.scores(images, captions: [caption, caption], engine: engine)
                #expect(Set(found.cosines) == Set(scores))
            }
        }
    }

    /// Keeps the cosines of the first pair.
    private final class Collector: StepObserver {
        var cosines: [Float] = []
        func observe(_ phase: Phase, _ entry: TraceEntry) {
            if entry.name == "0000.cosines", let values = [Float](entry.value) { cosines = values }
        }
        func observe(_ key: RecordKey<RecordedTensor>, _ tensor: Tensor) {}
    }

    @Test func recipesThatDoNotGoTogether() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.pickscore()
            func refused(_ overrides: String...) -> String? {
                do { _ = try Recipe.read(path: recipe, overrides: overrides) } catch {
                    return (error as? SettingsError)?.key
                }
                return nil
            }
            #expect(refused("objective.beta=3") == "objective.beta")
            #expect(refused("objective.winner=reward") == "objective.winner")
            #expect(refused("objective.name=dpo") == "model.clip")
            #expect(refused("model.unet=x") == "model.unet")
            #expect(refused("training.timesteps=high") == "training.timesteps")
            #expect(refused("training.train_text_encoder=true") == "training.train_text_encoder")
            #expect(refused("data.size=64") == nil)
            #expect(throws: TrainingError.self) { try RunSupport.withSession(recipe, ["data.size=32"]) { _ in } }
            // The resolved recipe reads back, and names nothing that a scorer does not have.
            let read = try Recipe.read(path: recipe)
            #expect(try Recipe(json: JSONCursor(read.json, name: "recipe")) == read)
            #expect(try Recipe.parse(read.yaml, file: "recipe.yaml") == read)
            #expect(!read.json.canonical.contains("unet") && !read.json.canonical.contains("beta\""))
            let base = try Recipe.read(path: runs.smpo())
            #expect(try JSONCursor(base.json, name: "recipe")["model"].object()["clip"] == nil)
            let plan = try MemoryPlan(read, workers: 1)
            #expect(plan.parameters.map(\.name) == ["vision_model", "text_model"])
            #expect(plan.parameters[0].count > 0 && plan.total > 48 << 20)
            #expect(plan.rows.contains { $0.name == "AdamW moments" })
            var other = read
            other.optimizer.settings = Adafactor.Settings(
                clipThreshold: 1, decayRate: -0.8, eps: 1e-30, weightDecay: 0.01)
            other.backend = .openblas
            let names = try MemoryPlan(other, workers: 1).rows.map(\.name)
            for name in ["Adafactor moments", "update of the largest tensor", "matrices laid out for OpenBLAS"] {
                #expect(names.contains(name), "\(names)")
            }
            #expect(!names.contains("AdamW moments"))
        }
    }

    /// A scorer is looked at on held-out pairs; it cannot draw.
    @Test func spectators() throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(runs.pickscore()) { session in
                let before = try session.trainer.weightsDigest()
                let measures = try Validation(every: 1, pairs: 40).look(session, run: "run-1")
                #expect(measures.map(\.measure) == ["accuracy", "votes"])
                #expect(measures.allSatisfy { $0.value > 0 && $0.value < 1 })
                #expect(try session.trainer.weightsDigest() == before)
                #expect(throws: TrainingError.self) {
                    try SampleSheet(every: 1) { runs.path($0) }.look(session, run: "run-1")
                }
            }
        }
    }

    @Test func ranksAndCorrelation() {
        #expect(ScorerEvaluation.ranks([3, 1, 2, 1]) == [3, 0.5, 2, 0.5])
        #expect(ScorerEvaluation.correlation([1, 2, 3], [2, 4, 6]) == 1)
        #expect(ScorerEvaluation.correlation([1, 2, 3], [3, 2, 1]) == -1)
        #expect(ScorerEvaluation.correlation([1, 2, 3], [5, 5, 5]) == 0)
    }
}

extension TrainingBatch {
    fileprivate func captionIDs(_ item: Int) -> [Int]? {
        if case .tokens(let ids) = conditioning { ids[item] } else { nil }
    }
}
