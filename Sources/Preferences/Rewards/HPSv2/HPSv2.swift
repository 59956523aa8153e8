import Checkpoints
import Compute
import Core
import Datasets
import Diffusion

/// HPS v2 and v2.1: the cosine of picture and caption that a CLIP of open_clip finds which was trained on preferences. The
/// two versions have one graph, and scores of one say nothing beside scores of the other.
///
/// Source: `hpsv2/img_score.py` of tgxs002/HPSv2, in Float32.
package struct HPSv2: RewardModel {
    /// What it is.
    package static let kind = RewardKind(
        "hpsv2", "HPS v2", unit: "cosine", displayFactor: 100, displayDigits: 2,
        parts: [.processor, .reader, .antialias], outline: HPSv2.outline
    ) { try HPSv2($0) }

    package let digests: [String: Digest]
    private let model: CLIPModel
    private let tokenizer: CaptionTokenizer
    private let processor: TensorImageProcessor
    private let captionReader: CaptionReader

    package var kind: RewardKind { HPSv2.kind }
    package var reader: String? { captionReader.rawValue }
    package var edge: Int { processor.edge }

    /// The name of the file in a folder of the model.
    private static let configName = "open_clip_config.json"

    /// Opens a checkpoint under open_clip's names; beside it, or in the processor's folder, lie CLIP's vocabulary and, where
    /// the model is no ViT-H-14, `open_clip_config.json`.
    /// - Throws: what is missing, misshapen or not finite, with the file's name.
    package init(_ files: RewardFiles) throws {
        let (weights, config) = try HPSv2.parts(files)
        try weights.requireFinite()
        model = try HPSv2.clip(config, ParameterLoader(source: weights), file: weights.path)
        tokenizer = try files.clipTokenizer()
        try RewardFiles.requireFit(tokenizer, rows: model.config.text.vocabSize)
        let standard = CLIPImageProcessorConfig(edge: model.config.vision.imageSize)
        let (mean, std) = (config?.imageMean ?? standard.imageMean, config?.imageStd ?? standard.imageStd)
        processor = TensorImageProcessor(edge: standard.cropSize, mean: mean, std: std, antialias: files.antialias)
        captionReader = files.reader ?? .openCLIP

        let rules: JSONValue = [
            "antialias": .bool(files.antialias), "crop": "center, half to even", "edge": .integer(standard.cropSize),
            "mean": .array(mean.map { .decimal($0) }), "reader": .string(captionReader.rawValue),
            "resize": "cubic of floats", "std": .array(std.map { .decimal($0) }),
        ]
        digests = tokenizer.files.digests("tokenizer").merging([
            "weights": try weightsDigest(of: model.parameters.map { ($0.name, $0.value) }),
            "config": .of(.document, model.config.json), "rules": .of(.document, rules),
        ]) { first, _ in first }
    }

    /// The towers as shapes.
    private static func outline(_ files: RewardFiles, _ device: ShapeDevice) throws -> RewardFootprint.Outline {
        let (weights, config) = try parts(files)
        let model = try clip(config, ParameterLoader(shapesOf: weights, on: device), file: weights.path)
        return RewardFootprint.Outline(model, storage: weights.residence, atOnce: atOnce)
    }

    /// The towers; without a configuration those of ViT-H-14.
    private static func clip(_ config: OpenCLIPConfig?, _ loader: ParameterLoader, file: String) throws -> CLIPModel {
        let model: CLIPModel
        do {
            model = try CLIPModel(config: (config ?? .viTH14()).clip, loader: loader)
        } catch let error as CheckpointError where config == nil {
            throw RewardFilesError(
                what: file, "is no ViT-H-14 of open_clip", expected: "\(configName) beside it for another one",
                found: "\(error)")
        }
        try loader.requireNothingLeft()
        return model
    }

    /// The checkpoint under the names that CLIP has here, and the configuration, where one lies beside it.
    private static func parts(_ files: RewardFiles) throws -> (weights: Checkpoint, config: OpenCLIPConfig?) {
        let path = try files.weights(["pt", "pth", "bin", "safetensors"], example: "HPS_v2.1_compressed.pt")
        let config = try files.beside(configName).map {
            try OpenCLIPConfig(ModelDirectory.readObject($0), file: $0)
        }
        let contents = try ModelContents(Checkpoint(opening: path))
        if let unknown = contents.besides.first(where: { $0.kind == .unknown || $0.kind == .beside }) {
            throw RewardFilesError(
                what: path, "has a tensor of no CLIP that is known", expected: "names of open_clip or transformers",
                found: unknown.tensor.name)
        }
        return (try contents.component("clip"), config)
    }

    /// Pictures and captions that pass through a tower at once.
    private static let atOnce = 32

    package func cuts(_ caption: String) -> Bool {
        tokenizer.vocabulary.cuts(caption, to: model.config.text.maxPositionEmbeddings, reader: captionReader)
    }

    package func scores(_ pictures: [StoredPicture], captions: [String], engine: Engine) throws -> [Float] {
        precondition(pictures.count == captions.count, "\(pictures.count) pictures and \(captions.count) captions")
        return try batches(captions.count, of: HPSv2.atOnce).flatMap { rows in
            let distinct = DistinctCaptions(Array(captions[rows]))
            let text = textFeatures(distinct.texts, engine: engine)
            return engine.cosines(
                imageFeatures(try pixels(pictures[rows]), engine: engine), text,
                distinct.places.enumerated().map { CosinePair($0, $1) }
            ).map(\.value)
        }
    }

    package func table(_ pictures: [StoredPicture], captions: [String], engine: Engine) throws -> RewardTable {
        let pixels = try batches(pictures.count, of: HPSv2.atOnce).map { try self.pixels(pictures[$0]) }
        let images = engine.stacked(pixels.map { imageFeatures($0, engine: engine) })
        let texts = engine.stacked(
            batches(captions.count, of: HPSv2.atOnce).map { textFeatures(Array(captions[$0]), engine: engine) })
        let pairs = captions.indices.flatMap { caption in pictures.indices.map { CosinePair($0, caption) } }
        return RewardTable(
            scores: Tensor(
                engine.cosines(images, texts, pairs).map(\.value), shape: [captions.count, pictures.count]),
            steps: [
                ("pixel_values", engine.stacked(pixels)), ("image_features", UnitRows.of(images)),
                ("text_features", UnitRows.of(texts)),
            ], ids: captions.map(tokenIDs))
    }

    private func tokenIDs(_ caption: String) -> [Int] {
        tokenizer.vocabulary.encode(
            caption, length: model.config.text.maxPositionEmbeddings, reader: captionReader
        ).ids
    }

    private func pixels(_ pictures: some Sequence<StoredPicture>) throws -> Tensor {
        let (planes, edge) = (try pictures.flatMap(processor.planes), processor.edge)
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
}
