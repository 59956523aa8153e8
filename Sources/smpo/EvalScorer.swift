import Compute
import Core
import Datasets
import Diffusion
import Foundation
import Preferences
import Studies
import Training

/// `smpo eval` of a scorer.
struct EvalScorer {
    let scorer: PickScore
    /// Whose samples are scored, if any.
    let model: DiffusionModel?
    let (pairs, captions, steps): (Int, Int, Int)
    let seeds: [UInt64]
    let engine: Engine

    /// Samples of a caption that are compared with each other.
    static let each = 4

    /// Whether `path` holds a scorer rather than a diffusion model.
    static func isScorer(_ path: String) -> Bool { FileContents.exists("\(path)/preprocessor_config.json") }

    func run(json: Bool) throws {
        // A scorer of another size than the shapes are drawn in brings their pictures to its own.
        let edge = scorer.model.config.vision.imageSize
        let size = ShapesWorld.sides.contains(edge) ? edge : ShapesWorld.sides[ShapesWorld.sides.count - 1]
        let world = try ShapesWorld(seed: 1_000_003, side: size, split: .test)
        let evaluation = ScorerEvaluation(scorer: scorer, engine: engine)
        let held = try evaluation.pairs(ShapesDataset(world: world, count: pairs))
        let bar = ProgressBar(total: seeds.count, unit: "seed")
        let rows = try seeds.enumerated().compactMap { index, seed -> (UInt64, ScorerEvaluation.Samples)? in
            guard let model else { return nil }
            let sampler = SampleEvaluation(model: model, steps: steps, guidance: 1, eta: 0, engine: engine)
            let result = try evaluation.samples(
                of: sampler, Array(world.captions.prefix(captions)), each: EvalScorer.each, size: size, seed: seed)
            bar.update(index + 1)
            return (seed, result)
        }
        bar.finish()
        json ? printJSON(held, rows) : printTable(held, rows)
    }

    private func printTable(_ held: ScorerEvaluation.Pairs, _ rows: [(UInt64, ScorerEvaluation.Samples)]) {
        print("scorer          \(scorer.digest)")
        print("held-out pairs  \(held.count)")
        print(String(format: "as the scores   %.3f", held.scoreAccuracy))
        print(String(format: "as the votes    %.3f", held.voteAccuracy))
        guard !rows.isEmpty else { return }
        print("\nsamples: \(captions) captions, \(EvalScorer.each) pictures each, DDIM steps \(steps)")
        print("seed  as the judge  pairs   if clear  pairs   correlation  reward  of the best")
        for (seed, row) in rows {
            print(
                String(
                    format: "%4llu  %12.3f  %5d  %9.3f  %5d  %12.3f  %6.4f  %11.4f", seed, row.agreement, row.pairs.all,
                    row.clearAgreement, row.pairs.clear, row.correlation, row.reward.all, row.reward.best))
        }
    }

    private func printJSON(_ held: ScorerEvaluation.Pairs, _ rows: [(UInt64, ScorerEvaluation.Samples)]) {
        let samples = rows.map { seed, row -> JSONValue in
            [
                "seed": .integer(seed), "agreement": .decimal(row.agreement), "pairs": .integer(row.pairs.all),
                "clear_agreement": .decimal(row.clearAgreement), "clear_pairs": .integer(row.pairs.clear),
                "correlation": .decimal(row.correlation), "reward": .decimal(row.reward.all),
                "reward_of_best": .decimal(row.reward.best),
            ]
        }
        let value: JSONValue = [
            "schema": 1, "scorer": .digest(scorer.digest),
            "held_out": [
                "pairs": .integer(held.count), "score_accuracy": .decimal(held.scoreAccuracy),
                "vote_accuracy": .decimal(held.voteAccuracy),
            ],
            "samples": .array(samples),
        ]
        print(value.pretty)
    }
}
