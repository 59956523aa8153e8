import Checkpoints
import Compute
import Core
import Datasets
import Diffusion

/// LAION's aesthetic predictor, version 2: a stack of linear layers over the image vector of OpenAI's CLIP ViT-L/14, brought to
/// length 1. It reads no caption.
///
/// Source: `simple_inference.py` of christophschuhmann/improved-aesthetic-predictor; pictures are made ready as transformers
/// does for CLIP.
package struct Aesthetic: RewardModel {
    /// What it is.
    package static let kind = RewardKind(
        "aesthetic", "LAION Aesthetic v2", unit: "points of ten", displayDigits: 3, readsCaptions: false,
        parts: [.processor, .head, .resizeOrder], outline: Aesthetic.outline
    ) { try Aesthetic($0) }

    package let digests: [String: Digest]
    private let encoder: CLIPImageEncoder
    private let head: LinearStack
    private let processor: CLIPImageProcessor

    package var kind: RewardKind { Aesthetic.kind }
    package var reader: String? { nil }
    package var edge: Int { processor.config.cropSize }
    /// The affine map that the head is; nil of one with ReLU.
    package var folded: (weight: [Double], bias: Double)? { head.folded }

    /// Opens CLIP's folder, in the layout of transformers, and a head: the one that is named, or the only `.pth` in the
    /// folder. A folder with the folder `clip` in it is taken too.
    /// - Throws: what is missing, misshapen or not finite, with the file's name.
    package init(_ files: RewardFiles) throws {
        let folder = Aesthetic.folder(files)
        let path = try files.head ?? files.weights(["pth", "pt"], example: "sac+logos+ava1-l14-linearMSE.pth")
        let source = try Checkpoint(opening: path)
        try source.requireFinite()
        head = try LinearStack(source)
        encoder = try CLIPImageEncoder(path: folder)
        guard head.inputWidth == encoder.projectionDim else {
            throw RewardFilesError(
                what: path, "is the head of another CLIP", expected: "\(encoder.projectionDim) numbers a picture",
                found: "\(head.inputWidth)")
        }
        let configuration = "\(files.processor ?? folder)/preprocessor_config.json"
        guard files.processor == nil || FileContents.exists(configuration) else {
            throw RewardFilesError(
                what: files.processor ?? folder, "holds no preprocessor_config.json",
                expected: "that of CLIP ViT-L/14", hint: "leave the processor out: CLIP's own values stand for it then",
                isMissing: true)
        }
        let config =
            FileContents.exists(configuration)
            ? try CLIPImageProcessorConfig(path: configuration)
            : CLIPImageProcessorConfig(edge: encoder.vision.imageSize)
        guard config.cropSize == encoder.vision.imageSize else {
            throw RewardFilesError(
                what: configuration, "is of another image tower", expected: "crop_size \(encoder.vision.imageSize)",
                found: "\(config.cropSize)", hint: "name the folder with CLIP's own as the processor")
        }
        processor = CLIPImageProcessor(config, order: files.resizeOrder)
        let rules: JSONValue = ["crop": "center, down", "resize_order": .string(files.resizeOrder.rawValue)]
        func weights(_ parameters: [Parameter]) throws -> Digest {
            try weightsDigest(of: parameters.map { ($0.name, $0.value) })
        }
        digests = [
            "clip": try weights(encoder.parameters), "clip/config": .of(.document, encoder.json),
            "head": try weights(head.parameters),
            "head/activation": .of(.document, .string(head.rectifies ? "relu" : "none")),
            "preprocessor_config.json": .of(.document, config.json), "rules": .of(.document, rules),
        ]
    }

    private static func folder(_ files: RewardFiles) -> String {
        let own = "\(files.model)/clip"
        return FileContents.isFolder(own) ? own : files.model
    }

    /// The tower as shapes; the head's few numbers are left out.
    private static func outline(_ files: RewardFiles, _ device: ShapeDevice) throws -> RewardFootprint.Outline {
        let encoder = try CLIPImageEncoder(path: folder(files), shapes: device)
        return RewardFootprint.Outline(
            storage: try ModelDirectory(path: folder(files)).weights.residence, parameters: encoder.parameters,
            picture: [3, encoder.vision.imageSize, encoder.vision.imageSize], atOnce: atOnce
        ) { tape, pixels, _ in _ = encoder.features(tape, pixels: pixels) }
    }

    /// Pictures that pass through the tower at once.
    private static let atOnce = 32

    package func cuts(_ caption: String) -> Bool { false }

    package func scores(_ pictures: [StoredPicture], captions: [String], engine: Engine) throws -> [Float] {
        precondition(pictures.count == captions.count, "\(pictures.count) pictures and \(captions.count) captions")
        return try batches(pictures.count, of: Aesthetic.atOnce).flatMap { rows in
            try score(UnitRows.of(features(pixels(pictures[rows]), engine: engine)), engine)
        }
    }

    /// Rows of one picture are equal: no caption is read.
    package func table(_ pictures: [StoredPicture], captions: [String], engine: Engine) throws -> RewardTable {
        let pixels = try batches(pictures.count, of: Aesthetic.atOnce).map { try self.pixels(pictures[$0]) }
        let features = engine.stacked(pixels.map { self.features($0, engine: engine) })
        let embeds = UnitRows.of(features)
        let scores = score(embeds, engine)
        return RewardTable(
            scores: Tensor(captions.flatMap { _ in scores }, shape: [captions.count, pictures.count]),
            steps: [
                ("pixel_values", engine.stacked(pixels)), ("image_features", features), ("image_embeds", embeds),
            ])
    }

    /// The scores of image vectors of length 1, [n, width].
    package func score(_ embeds: Tensor, _ engine: Engine) -> [Float] { head(engine, embeds).floats }

    private func pixels(_ pictures: some Sequence<StoredPicture>) throws -> Tensor {
        let planes = try pictures.flatMap { try processor.planes($0.image) }
        return Tensor(planes, shape: [planes.count / (3 * edge * edge), 3, edge, edge])
    }

    private func features(_ pixels: Tensor, engine: Engine) -> Tensor {
        engine.place(encoder.parameters)
        let tape = Tape(engine: engine, isRecording: false)
        return encoder.features(tape, pixels: tape.constant(engine.placed(pixels))).value
    }
}
