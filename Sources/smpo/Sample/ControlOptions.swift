import ArgumentParser
import Compute
import Core
import Datasets
import Diffusion
import Studies
import Training

/// A ControlNet and the picture that steers by it.
struct ControlOptions: ParsableArguments {
    @Option(name: .customLong("control"), help: "Folder of a ControlNet, with --control-picture.")
    var network: String?

    @Option(name: .customLong("control-picture"), help: "Picture that steers, of the size of what is drawn.")
    var picture: String?

    @Flag(help: "Steer by the edges of the picture: Canny's, as OpenCV finds them.")
    var canny = false

    @Option(help: ArgumentHelp("With --canny: the lower and the upper threshold.", valueName: "low,high"))
    var thresholds = "\(CannyEdges.low),\(CannyEdges.high)"

    @Option(name: .customLong("control-scale"), help: "What the ControlNet adds is multiplied by.")
    var scale: Float = 1

    @Option(name: .customLong("control-start"), help: "Share of the steps before which it does not steer.")
    var start = 0.0

    @Option(name: .customLong("control-end"), help: "Share of the steps after which it does not steer any more.")
    var end = 1.0

    private func limits() -> (low: Int, high: Int)? {
        let numbers = thresholds.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard numbers.count == 2, 0 <= numbers[0], numbers[0] <= numbers[1], numbers[1] <= 4080 else { return nil }
        return (numbers[0], numbers[1])
    }

    func validate() throws {
        if (network == nil) != (picture == nil) {
            throw ValidationError("--control and --control-picture go together")
        }
        if picture == nil, canny { throw ValidationError("--canny is for a --control-picture") }
        if limits() == nil {
            throw ValidationError("--thresholds: expected LOW,HIGH from 0 to 4080, found \"\(thresholds)\"")
        }
        if !scale.isFinite { throw ValidationError("--control-scale must be a number") }
        if !(0...1).contains(start) || !(0...1).contains(end) || start >= end {
            throw ValidationError("--control-start and --control-end: expected 0 ≤ start < end ≤ 1")
        }
    }

    /// What was opened.
    struct Opened {
        let network: ControlNetModel
        /// The picture as it steers.
        let picture: Image
        fileprivate let folder: String
        fileprivate let file: String
        fileprivate let record: JSONObject
        fileprivate let range: (scale: Float, start: Double, end: Double)

        /// Throws `TrainingError` for a picture that gives no size that `model` can draw in: its edges are whole latents.
        func requireSize(for model: DiffusionModel) throws {
            let factor = Drawing.factor(of: model)
            guard picture.width % factor != 0 || picture.height % factor != 0 else { return }
            throw TrainingError.mismatch(
                what: file, expected: "width and height that are multiples of \(factor), the pixels of a latent",
                found: "\(picture.width) x \(picture.height)", hint: "cut or scale the picture")
        }

        /// The guide for `model`, and what is recorded of it.
        /// - Throws: `ConfigError` for a network that does not go with the model, `TrainingError` for a picture of another
        ///   size than what is drawn.
        func guide(
            _ model: DiffusionModel, height: Int, width: Int, _ engine: Engine
        ) throws -> (guide: ControlGuide, record: JSONObject) {
            try network.requireFit(model.unet.config, file: "\(folder)/config.json")
            let (own, factor) = (network.config, Drawing.factor(of: model))
            guard own.factor == factor else {
                throw TrainingError.mismatch(
                    what: "\(folder)/config.json", expected: "\(factor) pixels a latent, as the model has",
                    found: "\(own.factor)", hint: nil)
            }
            guard own.conditioningChannels == 3 else {
                throw TrainingError.mismatch(
                    what: "\(folder)/config.json: conditioning_channels", expected: "3, those of a picture",
                    found: "\(own.conditioningChannels)", hint: nil)
            }
            guard picture.width == width, picture.height == height else {
                throw TrainingError.mismatch(
                    what: file, expected: "\(width) x \(height) pixels, the size of what is drawn",
                    found: "\(picture.width) x \(picture.height)",
                    hint: "leave --size, --height and --width out to draw in the picture's size")
            }
            let area = width * height
            let planes = (0..<3).flatMap { channel in
                (0..<area).map { Float(picture.rgb[3 * $0 + channel]) / 255 }
            }
            let guide = ControlGuide(
                network, picture: Tensor(planes, shape: [1, 3, height, width]), scale: range.scale,
                start: range.start, end: range.end, engine: engine)
            return (guide, record)
        }
    }

    /// Opens the network and the picture; nil where none is named.
    /// - Throws: `CheckpointError`, `ConfigError`, `FileError`, `ImageError`.
    func open() throws -> Opened? {
        guard let network, let picture, let limits = limits() else { return nil }
        let model = try ControlNetModel(path: network)
        let given = try ImageDecoder.decode(bytes: FileContents.read(picture), file: picture)
        let shown = canny ? CannyEdges.picture(of: given, low: limits.low, high: limits.high) : given
        var record: JSONObject = [
            "picture": .digest(shown.digest), "scale": .decimal(Double(scale)), "start": .decimal(start),
            "end": .decimal(end),
        ]
        if canny { record["canny"] = [.integer(limits.low), .integer(limits.high)] }
        record["network"] = try model.weightsDigest("controlnet").map { .digest($0.digest) }
        for (name, digest) in model.configurationDigests("controlnet") where name == "controlnet/config" {
            record["network_config"] = .digest(digest)
        }
        return Opened(
            network: model, picture: shown, folder: network, file: picture, record: record, range: (scale, start, end))
    }
}
