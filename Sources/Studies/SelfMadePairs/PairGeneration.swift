import Compute
import Core
import Datasets
import Diffusion
import Training

/// Makes a preference set out of a model's own pictures, as the paper's pipeline does: several a caption are drawn and
/// scored, two are kept, and people say which they prefer. The set is a folder as `FolderPairs` reads it. Pictures and scores
/// are kept as they are made, and what is kept is not made again: a generation goes on where it was stopped.
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
        /// How pictures are drawn.
        package var drawing: DrawingRequest
        /// Pictures drawn for each caption, at least 2.
        package var candidates: Int
        /// Which of them are kept.
        package var choice: Choice

        /// All settings.
        package init(
            pairs: Int, seed: UInt64, drawing: DrawingRequest, candidates: Int = 2, choice: Choice = .first
        ) {
            precondition(pairs >= 1 && candidates >= 2)
            (self.pairs, self.seed, self.drawing) = (pairs, seed, drawing)
            (self.candidates, self.choice) = (candidates, choice)
        }
    }

    /// The settings that determine the set, with nothing left open.
    package let settings: Settings
    /// The simulated voters; nil where the higher score is the label.
    package let voters: ShapesVoters?
    /// All that the pictures follow from; those of a caption lie side by side.
    package let source: PictureSource
    private let scorer: EvaluationScorer?
    private let drawing: Drawing
    private let prompts: PromptSet
    private let kept: String
    private let engine: Engine

    /// A generation by the model of `folder`. Without voters a scorer is needed, and voters need captions of the shapes world.
    /// - Parameters:
    ///   - captions: pair i has one of them, each epoch in an order of its own.
    ///   - kept: the folder that keeps pictures, and scores in a folder of it.
    /// - Throws: `ConfigError`, `TrainingError` for what the model cannot draw, or voters cannot judge.
    package init(
        model: DiffusionModel, in folder: ModelFolder, settings: Settings, captions: [String], voters: ShapesVoters?,
        scorer: EvaluationScorer?, keeping kept: String, engine: Engine
    ) throws {
        precondition(!captions.isEmpty && (voters != nil || scorer != nil))
        precondition(scorer != nil || settings.choice == .first)
        let texts = Self.told(captions, settings).flatMap { [String](repeating: $0, count: settings.candidates) }
        let how = try settings.drawing.settings(of: model, seed: Self.noiseSeed(settings.seed))
        if voters != nil, how.height != how.width {
            throw TrainingError.mismatch(
                what: "the pictures", expected: "squares, for simulated voters", found: "\(how.width) x \(how.height)",
                hint: "let the scores be the labels: --labels scores")
        }
        let prompts = settings.drawing.prompts(
            texts, height: how.height, width: how.width, forcesZeros: try folder.forcesZerosForEmptyPrompt)
        try prompts.requireFit(model)
        drawing = try Drawing(model: model, settings: how, engine: engine)
        source = PictureSource(
            model: folder.path, prompts: prompts, settings: how, noise: .ofPlace,
            digests: try model.pipeline.digests(), isSized: model.needsSizes, cut: captions.count(where: model.cuts))
        self.settings = Settings(
            pairs: settings.pairs, seed: settings.seed, drawing: settings.drawing.completed(by: how),
            candidates: settings.candidates, choice: settings.choice)
        self.prompts = PromptSet(texts.map { ($0, nil) }, sources: [], form: "captions of pairs")
        (self.voters, self.scorer, self.kept, self.engine) = (voters, scorer, kept, engine)
    }

    /// Pairs that are held in memory at once.
    private static let pairsAtOnce = 32

    /// Calls of the network for the whole set.
    package var calls: Int { settings.pairs * settings.candidates * drawing.calls }

    /// Draws the pairs and writes them into `folder`: `images/`, `pairs.jsonl` and, last, `generation.json` with
    /// `record` and what came out. `progress` is told of `calls` how many are done; what it throws ends the work.
    /// - Throws: `TrainingError.mismatch` for a caption that voters cannot judge, `FileError`, what the scorer throws.
    package func write(
        to folder: String, record: JSONObject, progress: @escaping (Int) throws -> Void
    ) throws -> Outcome {
        try FileContents.makeFolder("\(folder)/images")
        // Pictures of an older set are replaced one after another: its list is no longer theirs.
        try FileContents.remove([GenerationRecord.fileName, FolderPairs.listName].map { "\(folder)/\($0)" })
        var (lines, outcome) = ("", Outcome())
        for start in stride(from: 0, to: settings.pairs, by: Self.pairsAtOnce) {
            let range = start..<min(settings.pairs, start + Self.pairsAtOnce)
            let (before, after) = (calls(range.lowerBound), calls(range.upperBound))
            let (pairs, drawn) = try pairs(range) { done, total in try progress(max(before, after - total + done)) }
            outcome.kept += pairs.count * settings.candidates - drawn
            for pair in pairs {
                for (name, image) in zip(pair.names, pair.images) {
                    try PNGWriter.write(image, to: "\(folder)/\(name)")
                }
                lines += JSONValue.object(pair.line).canonical + "\n"
                outcome.count(pair)
            }
            try progress(after)
        }
        try AtomicFile.write(lines, to: "\(folder)/\(FolderPairs.listName)")
        outcome.digest = try FolderPairs.loadAll(folder: folder).digest
        var record = record
        record["outcome"] = outcome.json
        try AtomicFile.write(JSONValue.object(record).pretty + "\n", to: "\(folder)/\(GenerationRecord.fileName)")
        return outcome
    }

    private func calls(_ pairs: Int) -> Int { pairs * settings.candidates * drawing.calls }

    /// The pairs with numbers `range`, and how many pictures were drawn for them now. `progress` counts calls of the network for
    /// pictures that are not kept.
    func pairs(
        _ range: Range<Int>, progress: @escaping PromptEvaluation.Progress = { _, _ in }
    ) throws -> (pairs: [GeneratedPair], drawn: Int) {
        let (candidates, how) = (settings.candidates, source.settings)
        let places = Array(range.lowerBound * candidates..<range.upperBound * candidates)
        let evaluation = PromptEvaluation(prompts, places: places, folder: kept, engine: engine)
        let drawn = try evaluation.draw(source, by: drawing, progress: progress)
        // Scorer, voters and training all see the pixels that the files hold.
        let images = try places.indices.map { try evaluation.image(source, drawn, $0) }
        let scores = try scorer.map { try evaluation.score(source, drawn, by: $0) { _, _ in }.values }
        let judge = try voters.map { _ in try ShapesJudge(side: how.height) }
        let pairs = try range.map { number in
            let first = (number - range.lowerBound) * candidates
            let own = scores.map { Array($0[first..<first + candidates]) }
            let chosen = chosen(own).map { first + $0 }
            let caption = caption(number)
            let (rewards, vote) = try judged(number, caption, chosen.map { images[$0] }, judge)
            return GeneratedPair(
                number: number, caption: caption, images: chosen.map { images[$0] },
                scores: scores.map { scores in chosen.map { scores[$0] } }, rewards: rewards, vote: vote)
        }
        return (pairs, drawn.count)
    }

    /// A run of the same seed draws its noise from other numbers.
    private static func noiseSeed(_ seed: UInt64) -> UInt64 { seed ^ 0x7061_6972_73 }

    /// The caption of each pair: all captions, then all again in another order.
    private static func told(_ captions: [String], _ settings: Settings) -> [String] {
        stride(from: 0, to: settings.pairs, by: captions.count).enumerated().flatMap { epoch, start in
            RandomStream(seed: noiseSeed(settings.seed), .order, step: epoch).permutation(count: captions.count)
                .prefix(settings.pairs - start).map { captions[$0] }
        }
    }

    /// The caption of pair `number`.
    func caption(_ number: Int) -> String { prompts.prompts[number * settings.candidates].text }

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
        _ number: Int, _ text: String, _ images: [Image], _ judge: ShapesJudge?
    ) throws -> (rewards: [Double]?, vote: ShapesVote?) {
        guard let voters, let judge else { return (nil, nil) }
        guard let caption = ShapesCaption(text: text) else {
            throw TrainingError.mismatch(
                what: "the caption \"\(text)\"", expected: "one of the shapes world, for simulated voters",
                found: "other words", hint: "let the scores be the labels: --labels scores")
        }
        let planes = images.map { PixelPlanes.planar($0) }
        let verdicts = planes.map { judge.judge($0, against: caption) }
        let sights = zip(verdicts, planes).map { ShapesVoters.Sight($0, pixels: $1) }
        return (verdicts.map(\.reward), voters.vote(number, sights[0], sights[1]))
    }
}
