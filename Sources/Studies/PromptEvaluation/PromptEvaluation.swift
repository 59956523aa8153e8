import Compute
import Core
import Datasets
import Preferences
import Training

/// Pictures of a file of prompts by one model or more, and what reward models say of them. Both are kept as they are made, and
/// what is kept is not made again: an evaluation goes on where it was stopped, and several processes can share one.
package struct PromptEvaluation {
    /// The prompts.
    package let prompts: PromptSet
    /// Which of them are drawn, by their places in the whole set.
    package let places: [Int]
    /// Where pictures are kept.
    package let pictures: PictureStore
    /// Where scores are kept.
    package let scores: ScoreStore
    /// What computes.
    package let engine: Engine

    /// An evaluation that keeps pictures below `folder`, and scores in `scores`, or else in a folder of it.
    package init(_ prompts: PromptSet, places: [Int], folder: String, scores: String? = nil, engine: Engine) {
        (self.prompts, self.places, self.engine) = (prompts, places, engine)
        pictures = PictureStore(folder: folder)
        self.scores = ScoreStore(folder: scores ?? "\(folder)/scores")
    }

    /// The evaluation of some of its prompts alone, which keeps what it makes in the same places.
    package func part(_ places: [Int]) -> PromptEvaluation {
        PromptEvaluation(prompts, places: places, folder: pictures.folder, scores: scores.folder, engine: engine)
    }

    /// The pictures of a model.
    package struct Drawn: Sendable {
        /// The pixels' digest of each, in the order of `places`.
        package let pixels: [Digest]
        /// How many were drawn now; the others were kept from before, and their pixels held against their digests.
        package let count: Int
    }

    /// Pictures, or scores, that are done of those to do; what it throws ends the work.
    package typealias Progress = (_ done: Int, _ total: Int) throws -> Void

    /// The pictures of `source` whose files are not there, whatever is in those that are.
    package func missing(of source: PictureSource) -> [Digest] {
        places.map(source.key).filter { !pictures.has($0) }
    }

    /// Draws the pictures of `source` that are not kept. `progress` counts calls of the network.
    /// - Throws: `FileError`, `ImageError`, `ConfigError`; what `progress` throws.
    package func draw(_ source: PictureSource, by drawing: Drawing, progress: @escaping Progress) throws -> Drawn {
        var pixels = try places.map { try pictures.picture(source.key(of: $0))?.digest }
        let missing = pixels.indices.filter { pixels[$0] == nil }
        let total = missing.count * drawing.calls
        for start in stride(from: 0, to: missing.count, by: source.settings.atOnce) {
            let part = missing[start..<min(missing.count, start + source.settings.atOnce)]
            let rows = part.map { places[$0] }
            let images = try drawing.images(source.prompts[rows], noise: rows.map(source.noise.place)) { _, call in
                try progress(start * drawing.calls + call * rows.count, total)
            }
            for (index, image) in zip(part, images) {
                let picture = DrawnPicture(image, origin: source.origin(of: places[index]))
                try pictures.keep(picture, key: source.key(of: places[index]))
                pixels[index] = image.digest
            }
        }
        return Drawn(pixels: pixels.compactMap(\.self), count: missing.count)
    }

    /// The scores of a model's pictures.
    package struct Scores: Sendable {
        /// The score of each, in the order of `places`.
        package let values: [Float]
        /// How many were made now; the others were kept from before.
        package let count: Int
    }

    /// Pictures that are looked at together.
    private static let atOnce = 16

    /// Has `scorer` score the pictures of `source` whose scores are not kept. `progress` counts scores.
    /// - Throws: `FileError`, `ImageError`; `TrainingError` for a score that is no number; what `progress` throws.
    package func score(
        _ source: PictureSource, _ drawn: Drawn, by scorer: EvaluationScorer, progress: Progress
    ) throws -> Scores {
        let (kind, encoding) = (scorer.statement.kind, scorer.statement.encoding)
        let keys = try keys(of: source, drawn, by: scorer.statement)
        var values = try keys.map { try scores.score($0) }
        let missing = values.indices.filter { values[$0] == nil }
        for start in stride(from: 0, to: missing.count, by: Self.atOnce) {
            let part = missing[start..<min(missing.count, start + Self.atOnce)]
            let shown = try part.map { index in
                StoredPicture(
                    try encoding.shown(image(source, drawn, index)), file: pictures.path(source.key(of: places[index])))
            }
            let made = try scorer.model().scores(
                shown, captions: part.map { prompts.prompts[places[$0]].text }, engine: engine)
            for (index, score) in zip(part, made) {
                guard score.isFinite else {
                    throw TrainingError.mismatch(
                        what: "\(kind.title)'s score of \(pictures.path(source.key(of: places[index])))",
                        expected: "a finite number", found: "\(score)", hint: nil)
                }
                try scores.keep(score, key: keys[index])
                values[index] = score
            }
            try progress(start + part.count, missing.count)
        }
        return Scores(values: values.compactMap(\.self), count: missing.count)
    }

    /// What the scores of a model's pictures are kept under, in the order of `places`.
    private func keys(
        of source: PictureSource, _ drawn: Drawn, by statement: EvaluationReward.Statement
    ) throws -> [ScoreStore.Key] {
        try places.indices.map { index in
            ScoreStore.Key(
                pixels: statement.encoding == .png
                    ? drawn.pixels[index] : try statement.encoding.shown(image(source, drawn, index)).digest,
                caption: statement.kind.readsCaptions ? prompts.prompts[places[index]].text : nil,
                reward: statement.digest)
        }
    }

    /// Whether every picture of `source` is kept, and every score of it. - Throws: `FileError`, `ImageError`.
    package func isKept(_ source: PictureSource, _ rewards: [EvaluationReward.Statement]) throws -> Bool {
        let pixels = try places.compactMap { try pictures.picture(source.key(of: $0))?.digest }
        guard pixels.count == places.count else { return false }
        let drawn = Drawn(pixels: pixels, count: 0)
        return try rewards.allSatisfy { reward in
            try keys(of: source, drawn, by: reward).allSatisfy { try scores.score($0) != nil }
        }
    }

    /// A picture that `draw` has seen or made.
    func image(_ source: PictureSource, _ drawn: Drawn, _ index: Int) throws -> Image {
        let key = source.key(of: places[index])
        guard let image = try pictures.picture(key), image.digest == drawn.pixels[index] else {
            throw TrainingError.mismatch(
                what: pictures.path(key), expected: "the picture that was there a moment ago",
                found: "none, or another one", hint: "the same command draws it again")
        }
        return image
    }
}
