import Compute
import Core
import Datasets
import Diffusion
import Training

/// Makes a preference set out of a model's own pictures, as the paper's pipeline does: several a caption are drawn and
/// scored, two are kept, and people say which they prefer. The set is a folder as `FolderPairs` reads it.
package struct PairGeneration {
    /// The settings that determine pictures and labels, beside model and scorer.
    package struct Settings: Sendable, Equatable {
        /// Which two of a caption's pictures become a pair.
        package enum Choice: String, Sendable, CaseIterable {
            /// The first two.
            case first
            /// The two whose scores differ least: pairs that are hard to tell apart.
            case closest
            /// The best and the worst by score.
            case widest
        }

        /// Pairs to make.
        package var pairs: Int
        /// The seed of noise, captions' order and votes.
        package var seed: UInt64
        /// Edge of the pictures.
        package var size: Int
        /// DDIM steps.
        package var steps: Int
        /// Classifier-free guidance; 1 is off.
        package var guidance: Float
        /// Fresh noise in the sampler.
        package var eta: Float
        /// Pictures drawn for each caption, at least 2.
        package var candidates: Int
        /// Which of them are kept.
        package var choice: Choice

        /// All settings.
        package init(
            pairs: Int, seed: UInt64, size: Int, steps: Int = 25, guidance: Float = 1, eta: Float = 0,
            candidates: Int = 2, choice: Choice = .first
        ) {
            precondition(pairs >= 1 && candidates >= 2 && steps >= 1)
            self.pairs = pairs
            self.seed = seed
            self.size = size
            self.steps = steps
            self.guidance = guidance
            self.eta = eta
            self.candidates = candidates
            self.choice = choice
        }
    }

    /// The model that draws.
    package let model: DiffusionModel
    /// The settings that determine the set.
    package let settings: Settings
    /// The captions; pair i has one of them, each epoch in an order of its own.
    package let captions: [String]
    /// The simulated voters; nil where the higher score is the label.
    package let voters: ShapesVoters?
    /// The scorer of the pictures, if there is one.
    package let scorer: PictureScorer?

    /// A generation by `model`. Without voters a scorer is needed, and voters need captions of the shapes world.
    package init(
        model: DiffusionModel, settings: Settings, captions: [String], voters: ShapesVoters?, scorer: PictureScorer?
    ) {
        precondition(!captions.isEmpty && (voters != nil || scorer != nil))
        precondition(scorer != nil || settings.choice == .first)
        self.model = model
        self.settings = settings
        self.captions = captions
        self.voters = voters
        self.scorer = scorer
    }

    /// Pairs that are drawn at once.
    private static let pairsAtOnce = 32

    /// Draws the pairs and writes them into `folder`: `images/`, `pairs.jsonl` and, last, `generation.json` with
    /// `record` and what came out. `progress` is told the number of pairs done.
    /// - Throws: `TrainingError.mismatch` for a caption that voters cannot judge, `FileError`, what the scorer throws.
    package func write(to folder: String, record: JSONObject, engine: Engine, progress: (Int) -> Void) throws -> Outcome
    {
        try FileContents.makeFolder("\(folder)/images")
        var (lines, outcome) = ("", Outcome())
        for start in stride(from: 0, to: settings.pairs, by: PairGeneration.pairsAtOnce) {
            let range = start..<min(settings.pairs, start + PairGeneration.pairsAtOnce)
            for pair in try pairs(range, engine: engine) {
                for (name, image) in zip(pair.names, pair.images) {
                    try PNGWriter.write(image, to: "\(folder)/\(name)")
                }
                lines += JSONValue.object(pair.line).canonical + "\n"
                outcome.count(pair)
            }
            progress(range.upperBound)
        }
        try AtomicFile.write(lines, to: "\(folder)/\(FolderPairs.listName)")
        outcome.digest = try FolderPairs.loadAll(folder: folder).digest
        var record = record
        record["outcome"] = outcome.json
        try AtomicFile.write(JSONValue.object(record).pretty + "\n", to: "\(folder)/\(GenerationRecord.fileName)")
        return outcome
    }

    /// The pairs with numbers `range`.
    func pairs(_ range: Range<Int>, engine: Engine) throws -> [GeneratedPair] {
        let candidates = settings.candidates
        let told = range.map(caption)
        let texts = told.flatMap { [String](repeating: $0, count: candidates) }
        let judge = try voters.map { _ in try ShapesJudge(side: settings.size) }
        let sampler = SampleEvaluation(
            model: model, steps: settings.steps, guidance: settings.guidance, eta: settings.eta, engine: engine)
        let drawn = sampler.samples(
            texts, size: settings.size, seed: PairGeneration.noiseSeed(settings.seed),
            first: range.lowerBound * candidates)
        // Scorer, voters and training all see the bytes that the files hold.
        let images = texts.indices.map {
            PixelPlanes.image(drawn.slice($0..<$0 + 1).floats, width: settings.size, height: settings.size)
        }
        let planes = images.map { PixelPlanes.planar($0) }
        let scores = try scorer.map {
            try $0(Tensor(planes.flatMap { $0 }, shape: [texts.count, 3, settings.size, settings.size]), texts)
        }
        return try range.map { number in
            let first = (number - range.lowerBound) * candidates
            let own = scores.map { Array($0[first..<first + candidates]) }
            let places = chosen(own).map { first + $0 }
            let caption = told[number - range.lowerBound]
            let (rewards, vote) = try judged(number, caption, places.map { planes[$0] }, judge)
            return GeneratedPair(
                number: number, caption: caption, images: places.map { images[$0] },
                scores: scores.map { scores in places.map { scores[$0] } }, rewards: rewards, vote: vote)
        }
    }

    /// A run of the same seed draws its noise from other numbers.
    private static func noiseSeed(_ seed: UInt64) -> UInt64 { seed ^ 0x7061_6972_73 }

    /// The caption of pair `number`.
    func caption(_ number: Int) -> String {
        let order = RandomStream(
            seed: PairGeneration.noiseSeed(settings.seed), .order, step: number / captions.count)
        return captions[order.permutation(count: captions.count)[number % captions.count]]
    }

    /// Which two of a caption's pictures are kept, in the order in which they were drawn.
    private func chosen(_ scores: [Float]?) -> [Int] {
        guard let scores, settings.choice != .first else { return [0, 1] }
        var best = (pair: [0, 1], gap: abs(scores[0] - scores[1]))
        for low in scores.indices {
            for high in scores.indices where high > low {
                let gap = abs(scores[low] - scores[high])
                if settings.choice == .closest ? gap < best.gap : gap > best.gap { best = ([low, high], gap) }
            }
        }
        return best.pair
    }

    private func judged(
        _ number: Int, _ text: String, _ planes: [[Float]], _ judge: ShapesJudge?
    ) throws -> (rewards: [Double]?, vote: ShapesVote?) {
        guard let voters, let judge else { return (nil, nil) }
        guard let caption = ShapesCaption(text: text) else {
            throw TrainingError.mismatch(
                what: "the caption \"\(text)\"", expected: "one of the shapes world, for simulated voters",
                found: "other words", hint: "let the scores be the labels: --labels scores")
        }
        let verdicts = planes.map { judge.judge($0, against: caption) }
        let sights = zip(verdicts, planes).map { ShapesVoters.Sight($0, pixels: $1) }
        return (verdicts.map(\.reward), voters.vote(number, sights[0], sights[1]))
    }
}
