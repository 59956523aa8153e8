import Checkpoints
import Compute
import Core
import Datasets
import Diffusion

/// ImageReward v1.0: BLIP's text tower reads the caption while it looks at the picture, and a stack of linear layers makes a
/// number of its first state, which is brought to mean 0 and deviation 1 over the pictures that it was trained on.
///
/// Source: `ImageReward.py` of THUDM/ImageReward.
package struct ImageReward: RewardModel {
    /// What it is.
    package static let kind = RewardKind(
        "imagereward", "ImageReward", unit: "standard deviations from the mean picture", displayDigits: 3,
        parts: [.processor, .resizeOrder], outline: ImageReward.outline
    ) { try ImageReward($0) }

    /// `ImageReward.mean` and `ImageReward.std`: numbers of its code, not of its file.
    private static let (mean, std) = (0.16717362830052426, 1.0333394966054072)
    /// Ids of a caption, begin and end included (`max_length=35`).
    private static let textLength = 35

    package let digests: [String: Digest]
    private let vision: BLIPVisionModel
    private let text: BLIPTextModel
    private let head: LinearStack
    private let tokenizer: WordPieceTokenizer
    private let normalisation: CLIPImageProcessor
    private let order: PillowResize.Order

    package var kind: RewardKind { ImageReward.kind }
    package var reader: String? { WordPieceTokenizer.reader }
    package var edge: Int { vision.config.imageSize }

    /// Opens `ImageReward.pt`; beside it, or in the processor's folder, lie `vocab.txt` of bert-base-uncased (in a folder of
    /// that name, too) and, where they differ from the published model, `med_config.json` and `vision_config.json`.
    /// - Throws: what is missing, misshapen or not finite, with the file's name.
    package init(_ files: RewardFiles) throws {
        let (path, layout) = try ImageReward.layout(files)
        for part in [layout.vision, layout.text, layout.head] { try part.requireFinite() }
        let configs = try ImageReward.configs(files, layout)
        vision = try BLIPVisionModel(config: configs.vision, loader: ParameterLoader(source: layout.vision))
        text = try BLIPTextModel(config: configs.text, loader: ParameterLoader(source: layout.text))
        head = try LinearStack(layout.head)
        guard text.config.encoderWidth == vision.config.width, head.inputWidth == text.config.hiddenSize else {
            throw RewardFilesError(
                what: path, "has towers that do not fit each other",
                expected: "a text tower that looks at \(vision.config.width) and gives \(head.inputWidth)",
                found: "\(text.config.encoderWidth) and \(text.config.hiddenSize)")
        }
        tokenizer = try ImageReward.tokenizer(files, rows: text.config.vocabSize)
        guard text.config.maxPositionEmbeddings >= ImageReward.textLength else {
            throw RewardFilesError(
                what: path, "has too few places for a caption", expected: "\(ImageReward.textLength) or more",
                found: "\(text.config.maxPositionEmbeddings)")
        }
        order = files.resizeOrder
        normalisation = CLIPImageProcessor(CLIPImageProcessorConfig(edge: vision.config.imageSize), order: order)

        let rules: JSONValue = [
            "crop": "center, half to even", "edge": .integer(vision.config.imageSize),
            "mean": .decimal(ImageReward.mean), "reader": .string(WordPieceTokenizer.reader),
            "resize": "cubic of the file's mode", "resize_order": .string(order.rawValue),
            "std": .decimal(ImageReward.std), "text_length": .integer(ImageReward.textLength),
        ]
        func weights(_ parameters: [Parameter]) throws -> Digest {
            try weightsDigest(of: parameters.map { ($0.name, $0.value) })
        }
        digests = [
            "vision": try weights(vision.parameters), "vision/config": .of(.document, vision.config.json),
            "text": try weights(text.parameters), "text/config": .of(.document, text.config.json),
            "head": try weights(head.parameters), "tokenizer": tokenizer.digest, "rules": .of(.document, rules),
        ]
    }

    /// BERT's vocabulary in the processor's folder, or beside the model; a processor that is named has something of the model.
    private static func tokenizer(_ files: RewardFiles, rows: Int) throws -> WordPieceTokenizer {
        let names = ["bert-base-uncased/\(WordPieceTokenizer.fileName)", WordPieceTokenizer.fileName]
        let parts = names + ["med_config.json", "vision_config.json"]
        let isOfUse = files.processor.map { root in parts.contains { FileContents.exists("\(root)/\($0)") } } ?? true
        guard isOfUse, let vocabulary = files.beside(names[0], names[1]) else {
            throw RewardFilesError(
                what: files.processor ?? files.folder, "holds no vocabulary",
                expected: names.joined(separator: " or "),
                hint: "name the folder that has that of bert-base-uncased as the processor", isMissing: true)
        }
        let tokenizer = try WordPieceTokenizer(path: vocabulary)
        guard tokenizer.vocabularySize == rows else {
            throw RewardFilesError(
                what: vocabulary, "is the vocabulary of another model",
                expected: "\(rows) ids, [DEC] and [ENC] included",
                found: "\(tokenizer.vocabularySize)",
                hint: "name the folder with vocab.txt of bert-base-uncased as the processor")
        }
        return tokenizer
    }

    private static func layout(_ files: RewardFiles) throws -> (path: String, ImageRewardLayout) {
        let path = try files.weights(["pt", "pth", "bin", "safetensors"], example: "ImageReward.pt")
        return (path, try ImageRewardLayout(Checkpoint(opening: path)))
    }

    private static func configs(
        _ files: RewardFiles, _ layout: ImageRewardLayout
    ) throws -> (vision: BLIPVisionConfig, text: BLIPTextConfig) {
        (
            try files.beside("vision_config.json").map { try BLIPVisionConfig(path: $0) }
                ?? BLIPVisionConfig(of: layout.vision),
            try files.beside("med_config.json").map { try BLIPTextConfig(path: $0) }
                ?? BLIPTextConfig(JSONObject(), file: "the published med_config.json")
        )
    }

    /// The towers as shapes; the head's few numbers are left out.
    private static func outline(_ files: RewardFiles, _ device: ShapeDevice) throws -> RewardFootprint.Outline {
        let layout = try layout(files).1
        let configs = try configs(files, layout)
        guard configs.text.encoderWidth == configs.vision.width else {
            throw RewardFilesError(
                what: layout.vision.path, "has towers that do not fit each other",
                expected: "a text tower that looks at \(configs.vision.width)", found: "\(configs.text.encoderWidth)")
        }
        let vision = try BLIPVisionModel(
            config: configs.vision, loader: ParameterLoader(shapesOf: layout.vision, on: device))
        let text = try BLIPTextModel(config: configs.text, loader: ParameterLoader(shapesOf: layout.text, on: device))
        let length = min(textLength, configs.text.maxPositionEmbeddings)
        return RewardFootprint.Outline(
            storage: layout.vision.residence, parameters: vision.parameters + text.parameters,
            picture: [3, configs.vision.imageSize, configs.vision.imageSize], atOnce: atOnce
        ) { tape, pixels, captions in
            let tokens = vision.forward(tape, pixels: pixels)
            let ids = [[Int]](repeating: [Int](repeating: 0, count: length), count: min(captions, atOnce))
            _ = text.forward(tape, ids: ids, picture: tokens)
        }
    }

    /// Pictures that pass through the image tower at once, and pictures with captions through the text tower.
    private static let atOnce = 16

    package func cuts(_ caption: String) -> Bool { encoded(caption).isTruncated }

    package func scores(_ pictures: [StoredPicture], captions: [String], engine: Engine) throws -> [Float] {
        precondition(pictures.count == captions.count, "\(pictures.count) pictures and \(captions.count) captions")
        return try batches(captions.count, of: ImageReward.atOnce).flatMap { rows in
            let tokens = try tokens(pixels(pictures[rows]), engine: engine)
            let own = Array(captions[rows])
            return score(features(tokens, own.enumerated().map { ($0, encoded($1).ids) }, engine: engine), engine)
        }
    }

    package func table(_ pictures: [StoredPicture], captions: [String], engine: Engine) throws -> RewardTable {
        let pixels = try batches(pictures.count, of: ImageReward.atOnce).map { try self.pixels(pictures[$0]) }
        let tokens = engine.stacked(pixels.map { self.tokens($0, engine: engine) })
        let ids = captions.map { encoded($0).ids }
        let places = ids.flatMap { ids in pictures.indices.map { ($0, ids) } }
        let features = features(tokens, places, engine: engine)
        let shape = [captions.count, pictures.count]
        return RewardTable(
            scores: Tensor(score(features, engine), shape: shape),
            steps: [
                ("pixel_values", engine.stacked(pixels)), ("image_tokens", tokens),
                ("text_features", features.reshaped(shape + [text.config.hiddenSize])),
            ], ids: ids.map { tokenizer.padded($0, length: ImageReward.textLength) },
            mask: ids.map { ids in (0..<ImageReward.textLength).map { $0 < ids.count ? 1 : 0 } })
    }

    private func encoded(_ caption: String) -> (ids: [Int], isTruncated: Bool) {
        tokenizer.encode(caption, length: ImageReward.textLength)
    }

    /// Pictures resized in their own mode, cropped, and only then made RGB.
    private func pixels(_ pictures: some Sequence<StoredPicture>) throws -> Tensor {
        let planes = try pictures.flatMap { picture in
            let size = try PillowResize.boundedSize(
                width: picture.width, height: picture.height, to: edge, file: picture.file)
            let resized = try picture.resized(width: size.width, height: size.height, filter: .bicubic, order: order)
            return normalisation.normalised(PillowResize.centerCrop(resized, to: edge))
        }
        return Tensor(planes, shape: [planes.count / (3 * edge * edge), 3, edge, edge])
    }

    private func tokens(_ pixels: Tensor, engine: Engine) -> Tensor {
        engine.place(vision.parameters)
        let tape = Tape(engine: engine, isRecording: false)
        return vision.forward(tape, pixels: tape.constant(engine.placed(pixels))).value
    }

    /// The first state of each caption's ids beside the picture of that place [n, hidden_size]. Rows of one length pass the
    /// tower together; which they are leaves no trace.
    private func features(_ tokens: Tensor, _ rows: [(picture: Int, ids: [Int])], engine: Engine) -> Tensor {
        engine.place(text.parameters)
        var states = [Tensor?](repeating: nil, count: rows.count)
        for length in Set(rows.map(\.ids.count)).sorted() {
            let own = rows.indices.filter { rows[$0].ids.count == length }
            for batch in batches(own.count, of: ImageReward.atOnce).map({ own[$0] }) {
                let tape = Tape(engine: engine, isRecording: false)
                let pictures = engine.stacked(batch.map { tokens.slice(rows[$0].picture..<rows[$0].picture + 1) })
                let found = text.forward(tape, ids: batch.map { rows[$0].ids }, picture: tape.constant(pictures)).value
                for (place, row) in batch.enumerated() { states[row] = found.slice(place..<place + 1) }
            }
        }
        return engine.stacked(states.compactMap { $0 })
    }

    private func score(_ features: Tensor, _ engine: Engine) -> [Float] {
        head(engine, features).floats.map { ($0 - Float(ImageReward.mean)) / Float(ImageReward.std) }
    }
}
