import Compute
import Datasets
import Diffusion
import Training

/// Samples a model on captions of the shapes world and lets the rule-based judge look at them.
package struct SampleEvaluation {
    /// Shares of samples that are right, a value an attribute, and what else tells a repair from a trick.
    package struct Result: Sendable {
        /// Attribute and share of samples that have it right.
        package let attributes: [(name: String, share: Double)]
        /// Share of samples with every attribute right.
        package let allRight: Double
        /// Each caption's reward by the judge, in [0, 1].
        package let rewards: [Double]
        /// Each caption's score by the reward model, where one was asked.
        package let scores: [Double]?
        /// Mean reward.
        package var reward: Double { rewards.reduce(0, +) / Double(rewards.count) }
        /// Median reward: the mean of the middle two of an even number.
        package var medianReward: Double {
            let sorted = rewards.sorted()
            return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }
        /// Mean score, where a reward model was asked.
        package var score: Double? { scores.map { $0.reduce(0, +) / Double($0.count) } }
        /// Mean pixel value in [−1, 1]: a shift of it alone can pass for alignment.
        package let brightness: Double
    }

    /// The model.
    package let model: DiffusionModel
    /// Sampling steps.
    package let steps: Int
    /// Classifier-free guidance.
    package let guidance: Float
    /// Fresh noise in the sampler.
    package let eta: Float
    /// The engine that computes.
    package let engine: Engine

    /// A sampler of `model`.
    package init(model: DiffusionModel, steps: Int, guidance: Float, eta: Float, engine: Engine) {
        self.model = model
        self.steps = steps
        self.guidance = guidance
        self.eta = eta
        self.engine = engine
    }

    /// One picture a caption [captions, c, size, size]. A caption's noise depends on the seed and its place alone
    /// (counted from `first`), so every model starts from the same.
    package func samples(
        _ captions: [String], size: Int, seed: UInt64, first: Int = 0, progress: (Int) -> Void = { _ in }
    ) -> Tensor {
        let loop = DenoisingLoop(
            unet: model.unet,
            sampler: DDIMSampler(NoiseSchedule(model.scheduler), model.scheduler, steps: steps, eta: eta),
            guidance: guidance, engine: engine)
        let shape = [1, model.unet.config.inChannels, size, size]
        var parts: [Tensor] = []
        for start in stride(from: 0, to: captions.count, by: 50) {
            let places = start..<min(captions.count, start + 50)
            func normals(_ name: StreamName, _ step: Int) -> Tensor {
                engine.stacked(
                    places.map {
                        engine.normals(
                            RandomStream(seed: seed, name, step: first + $0), start: step << 24, shape: shape)
                    })
            }
            let sizes = places.map { _ in SizeCondition(square: size) }
            let empty =
                guidance == 1
                ? nil : model.condition(model.withoutCaption(count: places.count, engine: engine), sizes: sizes)
            let states = model.encode(places.map { captions[$0] }, engine: engine)
            parts.append(
                loop.run(
                    normals(.noise, 0), model.condition(states, sizes: sizes), unconditional: empty,
                    freshNoise: { normals(.sampler, $0) }))
            progress(places.upperBound)
        }
        return engine.stacked(parts)
    }

    /// Judges samples of `captions`; `scorer` is asked about the same pictures, clipped to [−1, 1].
    package func run(
        _ captions: [ShapesCaption], size: Int, seed: UInt64, scorer: PictureScorer? = nil
    ) throws -> Result {
        let texts = captions.map(\.text)
        let pictures = samples(texts, size: size, seed: seed)
        let judge = try ShapesJudge(side: size)
        let verdicts = captions.indices.map { judge.judge(pictures.slice($0..<$0 + 1).floats, against: captions[$0]) }
        func share(_ isRight: (ShapesJudge.Verdict) -> Bool) -> Double {
            Double(verdicts.count(where: isRight)) / Double(verdicts.count)
        }
        let pixels = pictures.floats
        return Result(
            attributes: [
                ("shape", share(\.shape)), ("size", share(\.size)), ("colour", share(\.colour)),
                ("place", share(\.place)), ("background", share(\.background)),
            ],
            allRight: share(\.allRight), rewards: verdicts.map(\.reward),
            scores: try scorer?(Tensor(pixels.map { max(-1, min(1, $0)) }, shape: pictures.shape), texts)
                .map(Double.init),
            brightness: pixels.reduce(0) { $0 + Double($1) } / Double(pixels.count))
    }
}
