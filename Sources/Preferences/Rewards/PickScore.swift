import Compute
import Core
import Datasets
import Diffusion

/// PickScore: how well a picture fits a caption and pleases, as the cosine that a CLIP trained on preferences finds.
///
/// Source: `score` of yuvalkirstain/PickScore without factor and softmax, which is what SmPO-Diffusion's smoothed labels
/// are made of.
package struct PickScore: Sendable {
    /// All components.
    package let pipeline: Pipeline
    /// The towers.
    package let model: CLIPModel
    /// Caption to token ids.
    package let tokenizer: CaptionTokenizer
    /// How pictures are made ready.
    package let processor: CLIPImageProcessor
    /// Digests of configuration, weights, preprocessing and tokenizer by the names of their files, as they were when the
    /// scorer was put together.
    package let digests: [String: Digest]
    /// Stands for all of `digests`.
    package let digest: Digest

    /// Takes the components by their names. - Throws: `ConfigError` for one that is missing.
    package init(_ pipeline: Pipeline) throws {
        self.pipeline = pipeline
        model = try pipeline.require("clip")
        tokenizer = try pipeline.require("tokenizer")
        processor = CLIPImageProcessor(try pipeline.require("image_processor"))
        digests = try pipeline.digests()
        digest = .of(.document, .object(JSONObject(digests.map { ($0.key, .digest($0.value)) })))
    }

    /// Opens a folder: `config.json`, weights, `preprocessor_config.json`, and the tokenizer's files in `tokenizer/` or
    /// beside them. Throws what is missing, misshapen or not finite, with the file's name.
    package init(path: String) throws { try self.init(Pipeline(.scorer, folder: path)) }

    /// Pictures and captions that pass through a tower at once.
    private static let atOnce = 32

    /// The cosine of each picture with its caption: pictures [n, 3, h, w] in [-1, 1], n captions. Pictures are rounded
    /// to 8 bits and brought to the model's size first. A score does not depend on what else is scored.
    /// - Throws: `ImageError` for pictures that are much too long.
    package func scores(_ pictures: Tensor, captions: [String], engine: Engine) throws -> [Float] {
        precondition(pictures.shape[0] == captions.count, "\(pictures.shape) and \(captions.count) captions")
        return try batches(captions.count).flatMap { rows in
            try scores(
                processor.planes(pictures.slice(rows)), text: textFeatures(Array(captions[rows]), engine: engine),
                engine: engine)
        }
    }

    /// The same for 8-bit pictures of any sizes.
    /// - Throws: `ImageError` for pictures that are much too long.
    package func scores(_ pictures: [Image], captions: [String], engine: Engine) throws -> [Float] {
        precondition(pictures.count == captions.count, "\(pictures.count) pictures and \(captions.count) captions")
        let edge = processor.config.cropSize
        return try batches(captions.count).flatMap { rows in
            let planes = try pictures[rows].flatMap { try processor.planes($0) }
            return scores(
                Tensor(planes, shape: [rows.count, 3, edge, edge]),
                text: textFeatures(Array(captions[rows]), engine: engine), engine: engine)
        }
    }

    /// The share of each of several pictures of one caption: the softmax over exp(logit_scale)·cosine.
    package func shares(_ scores: [Float]) -> [Float] {
        let scale = Elementary.exp(model.logitScale.value.floats[0])
        let logits = scores.map { Double(scale * $0) }
        let top = logits.max() ?? 0
        let powers = logits.map { Elementary.exp($0 - top) }
        let sum = powers.reduce(0, +)
        return powers.map { Float($0 / sum) }
    }

    /// Whether a caption has more tokens than the tower takes, so that its end is cut off.
    package func cuts(_ caption: String) -> Bool {
        tokenizer.vocabulary.cuts(caption, to: model.config.text.maxPositionEmbeddings)
    }

    /// The token ids of a caption, padded to the tower's length.
    package func tokenIDs(_ caption: String) -> [Int] {
        tokenizer.vocabulary.encode(caption, length: model.config.text.maxPositionEmbeddings).ids
    }

    private func batches(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: PickScore.atOnce).map { $0..<min(count, $0 + PickScore.atOnce) }
    }

    private func textFeatures(_ captions: [String], engine: Engine) -> Tensor {
        model.textFeatures(Tape(engine: engine, isRecording: false), ids: captions.map(tokenIDs)).value
    }

    private func scores(_ pixels: Tensor, text: Tensor, engine: Engine) -> [Float] {
        let tape = Tape(engine: engine, isRecording: false)
        let features = model.imageFeatures(tape, pixels: tape.constant(pixels)).value
        return engine.cosines(features, text, (0..<pixels.shape[0]).map { CosinePair($0, $0) }).map(\.value)
    }
}
