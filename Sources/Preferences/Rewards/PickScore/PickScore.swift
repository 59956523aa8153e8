import Checkpoints
import Compute
import Core
import Datasets
import Diffusion

/// PickScore: how well a picture fits a caption and pleases, as the cosine that a CLIP trained on preferences finds.
///
/// Source: `score` of yuvalkirstain/PickScore without factor and softmax, which is what SmPO-Diffusion's smoothed labels
/// are made of.
package struct PickScore: RewardModel {
    /// What it is. The README of PickScore multiplies by exp(logit_scale), which is about 100.
    package static let kind = RewardKind(
        "pickscore", "PickScore", unit: "cosine", displayFactor: 100, displayDigits: 2,
        parts: [.processor, .reader, .resizeOrder], outline: PickScore.outline
    ) { try PickScore($0) }

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
    private let captionReader: CaptionReader

    package var kind: RewardKind { PickScore.kind }
    package var reader: String? { captionReader.rawValue }
    package var edge: Int { processor.config.cropSize }

    /// Takes the components by their names. - Throws: `ConfigError` for one that is missing.
    package init(
        _ pipeline: Pipeline, reader: CaptionReader = .transformers, resizeOrder: PillowResize.Order = .across
    ) throws {
        self.pipeline = pipeline
        captionReader = reader
        model = try pipeline.require("clip")
        tokenizer = try pipeline.require("tokenizer")
        processor = CLIPImageProcessor(try pipeline.require("image_processor"), order: resizeOrder)
        var digests = try pipeline.digests()
        if reader != .transformers { digests["reader"] = .of(.document, .string(reader.rawValue)) }
        if resizeOrder != .across { digests["resize_order"] = .of(.document, .string(resizeOrder.rawValue)) }
        self.digests = digests
        digest = .of(.document, .object(JSONObject(digests.map { ($0.key, .digest($0.value)) })))
    }

    /// Opens a folder: `config.json`, weights, `preprocessor_config.json`, and the tokenizer's files in `tokenizer/` or
    /// beside them. Throws what is missing, misshapen or not finite, with the file's name.
    package init(path: String) throws { try self.init(RewardFiles(path)) }

    /// Opens a folder whose tokenizer and `preprocessor_config.json` may lie in another one, as PickScore v1 is published.
    /// - Throws: what is missing, misshapen or not finite, with the file's name; `RewardFilesError` for a tokenizer of
    ///   another size than the model's.
    package init(_ files: RewardFiles) throws {
        if FileContents.exists(files.model) { try PickScore.requireParts(files) }
        let (clip, tokenizer) = (try CLIPModel(path: files.model), try files.clipTokenizer())
        try RewardFiles.requireFit(tokenizer, rows: clip.config.text.vocabSize)
        let configuration = "\(files.processor ?? files.model)/\(PickScore.processorName)"
        let pipeline = try Pipeline(
            .scorer,
            [
                "clip": clip, "tokenizer": tokenizer,
                "image_processor": try CLIPImageProcessorConfig(path: configuration),
            ])
        try self.init(pipeline, reader: files.reader ?? .transformers, resizeOrder: files.resizeOrder)
    }

    private static let processorName = "preprocessor_config.json"

    /// Throws `RewardFilesError` for a model that is no folder in the layout of transformers, and for parts of its processor that
    /// are not there: PickScore v1 is published without them.
    private static func requireParts(_ files: RewardFiles) throws {
        let isFolder = FileContents.isFolder(files.model)
        guard FileContents.exists("\(files.model)/config.json") else {
            throw RewardFilesError(
                what: files.model, isFolder ? "holds no config.json" : "is a file",
                expected: "the folder of a CLIP as transformers writes it: config.json, model.safetensors",
                hint: "other reward models are other kinds: hpsv2, imagereward, aesthetic", isMissing: isFolder)
        }
        let root = files.processor ?? files.model
        guard FileContents.exists("\(root)/\(processorName)") else {
            throw RewardFilesError(
                what: root, "holds no \(processorName)", expected: "that of PickScore's processor",
                hint: "name the folder that has it as the processor: PickScore v1's is CLIP-ViT-H-14-laion2B-s32B-b79K",
                isMissing: true)
        }
        _ = try files.tokenizerFolder()
    }

    /// The towers as shapes.
    private static func outline(_ files: RewardFiles, _ device: ShapeDevice) throws -> RewardFootprint.Outline {
        if FileContents.exists(files.model) { try requireParts(files) }
        let directory = try ModelDirectory(path: files.model)
        let config = try CLIPConfig(directory.config, file: directory.configPath)
        let loader = ParameterLoader(shapesOf: directory.weights, on: device)
        return RewardFootprint.Outline(
            try CLIPModel(config: config, loader: loader), storage: directory.weights.residence, atOnce: atOnce)
    }

    /// Pictures and captions that pass through a tower at once.
    private static let atOnce = 32

    /// The cosine of each picture with its caption: pictures [n, 3, h, w] in [-1, 1], n captions. Pictures are rounded
    /// to 8 bits and brought to the model's size first. A score does not depend on what else is scored.
    /// - Throws: `ImageError` for pictures that are much too long.
    package func scores(_ pictures: Tensor, captions: [String], engine: Engine) throws -> [Float] {
        precondition(pictures.shape[0] == captions.count, "\(pictures.shape) and \(captions.count) captions")
        return try batches(captions.count, of: PickScore.atOnce).flatMap { rows in
            try cosines(processor.planes(pictures.slice(rows)), captions: Array(captions[rows]), engine: engine)
        }
    }

    /// The same for 8-bit pictures of any sizes.
    /// - Throws: `ImageError` for pictures that are much too long.
    package func scores(_ pictures: [Image], captions: [String], engine: Engine) throws -> [Float] {
        precondition(pictures.count == captions.count, "\(pictures.count) pictures and \(captions.count) captions")
        return try batches(captions.count, of: PickScore.atOnce).flatMap { rows in
            try cosines(pixels(pictures[rows]), captions: Array(captions[rows]), engine: engine)
        }
    }

    package func scores(_ pictures: [StoredPicture], captions: [String], engine: Engine) throws -> [Float] {
        try scores(pictures.map(\.image), captions: captions, engine: engine)
    }

    package func table(_ pictures: [StoredPicture], captions: [String], engine: Engine) throws -> RewardTable {
        let images = pictures.map(\.image)
        let pixels = try batches(images.count, of: PickScore.atOnce).map { try self.pixels(images[$0]) }
        let imageFeatures = engine.stacked(pixels.map { self.imageFeatures($0, engine: engine) })
        let textFeatures = engine.stacked(
            batches(captions.count, of: PickScore.atOnce).map { self.textFeatures(Array(captions[$0]), engine: engine) }
        )
        let pairs = captions.indices.flatMap { caption in images.indices.map { CosinePair($0, caption) } }
        let cosines = engine.cosines(imageFeatures, textFeatures, pairs).map(\.value)
        let encoded = captions.map(encoding)
        return RewardTable(
            scores: Tensor(cosines, shape: [captions.count, images.count]),
            steps: [
                ("pixel_values", engine.stacked(pixels)), ("image_features", imageFeatures),
                ("text_features", textFeatures),
            ], ids: encoded.map(\.ids),
            mask: encoded.map { encoding in encoding.ids.indices.map { $0 < encoding.tokenCount ? 1 : 0 } })
    }

    /// The factor on cosines: exp(logit_scale).
    package var scale: Float { Elementary.exp(model.logitScale.value.floats[0]) }

    /// The share of each of several pictures of one caption: the softmax over exp(logit_scale)·cosine.
    package func shares(_ scores: [Float]) -> [Float] {
        let logits = scores.map { Double(scale * $0) }
        let top = logits.max() ?? 0
        let powers = logits.map { Elementary.exp($0 - top) }
        let sum = powers.reduce(0, +)
        return powers.map { Float($0 / sum) }
    }

    /// Whether a caption has more tokens than the tower takes, so that its end is cut off.
    package func cuts(_ caption: String) -> Bool {
        tokenizer.vocabulary.cuts(caption, to: model.config.text.maxPositionEmbeddings, reader: captionReader)
    }

    /// The token ids of a caption, padded to the tower's length.
    package func tokenIDs(_ caption: String) -> [Int] { encoding(caption).ids }

    private func encoding(_ caption: String) -> CLIPTokenizer.Encoding {
        tokenizer.vocabulary.encode(
            caption, length: model.config.text.maxPositionEmbeddings, reader: captionReader)
    }

    private func pixels(_ pictures: some Sequence<Image>) throws -> Tensor {
        let (planes, edge) = (try pictures.flatMap { try processor.planes($0) }, processor.config.cropSize)
        return Tensor(planes, shape: [planes.count / (3 * edge * edge), 3, edge, edge])
    }

    private func imageFeatures(_ pixels: Tensor, engine: Engine) -> Tensor {
        engine.place(model.parameters)
        let tape = Tape(engine: engine, isRecording: false)
        return model.imageFeatures(tape, pixels: tape.constant(engine.placed(pixels))).value
    }

    private func textFeatures(_ captions: [String], engine: Engine) -> Tensor {
        engine.place(model.parameters)
        return model.textFeatures(Tape(engine: engine, isRecording: false), ids: captions.map(tokenIDs)).value
    }

    /// Each caption is encoded once, however many pictures it has.
    private func cosines(_ pixels: Tensor, captions: [String], engine: Engine) -> [Float] {
        let distinct = DistinctCaptions(captions)
        let text = textFeatures(distinct.texts, engine: engine)
        return engine.cosines(
            imageFeatures(pixels, engine: engine), text, distinct.places.enumerated().map { CosinePair($0, $1) }
        ).map(\.value)
    }
}
