import Checkpoints
import Compute
import Core

/// CLIP with both towers (transformers' `CLIPModel`), with its parameter names: pictures and captions as vectors whose
/// cosine says how well they fit.
package final class CLIPModel: Network {
    package static let classNames = ["CLIPModel"]
    package static let weightsName = "model.safetensors"

    /// The configuration.
    package let config: CLIPConfig
    /// The text tower.
    package let textModel: CLIPTextModel
    /// The image tower.
    package let visionModel: CLIPVisionModel
    /// Logarithm of the factor on cosines: a scalar.
    package let logitScale: Parameter
    /// All parameters in the byte order of their names.
    package let parameters: [Parameter]
    package let requests: [ParameterRequest]

    private let visualProjection: Linear
    private let textProjection: Linear

    /// Builds the model from a checkpoint or fresh weights. Throws `CheckpointError` naming the tensor at fault.
    package init(config: CLIPConfig, loader: ParameterLoader) throws {
        self.config = config
        textModel = try CLIPTextModel(config: config.text, loader: loader)
        visionModel = try CLIPVisionModel(config: config.vision, loader: loader)
        visualProjection = try Linear(
            loader, "visual_projection", config.vision.hiddenSize, config.projectionDim, hasBias: false)
        textProjection = try Linear(
            loader, "text_projection", config.text.hiddenSize, config.projectionDim, hasBias: false)
        logitScale = try loader.parameter("logit_scale", [], .constant(Float(config.logitScaleInitValue)))
        parameters = loader.sorted()
        requests = loader.requests
    }

    /// Pictures [n, channels, edge, edge], normalised, as vectors [n, projection], not yet of length 1.
    package func imageFeatures(_ tape: Tape, pixels: Variable) -> Variable {
        visualProjection(tape, visionModel.forward(tape, pixels: pixels).pooled)
    }

    /// Captions given as token ids, all of one length, as vectors [n, projection], not yet of length 1.
    package func textFeatures(_ tape: Tape, ids: [[Int]]) -> Variable {
        textProjection(tape, textModel.forward(tape, ids: ids).pooled)
    }

    /// The image tower with projection and scale, and the text tower with its projection.
    package func parameterCounts(_ kind: ComponentKind) -> [ParameterCount] {
        let isText = { (parameter: Parameter) in parameter.name.hasPrefix("text_") }
        return [
            ParameterCount(name: "vision_model", title: "image tower", parameters.filter { !isText($0) }),
            ParameterCount(name: "text_model", title: "text tower", parameters.filter(isText)),
        ]
    }

    /// It has a row for every id of its tokenizer, and pictures are prepared for its image tower.
    package func requireFit(as name: String, in pipeline: Pipeline) throws {
        let tokenizer: CaptionTokenizer = try pipeline.require("tokenizer")
        try tokenizer.requireRows(config.text.vocabSize, file: "config.json", key: "text_config.vocab_size")
        let processor: CLIPImageProcessorConfig = try pipeline.require("image_processor")
        guard processor.cropSize == config.vision.imageSize else {
            throw ConfigError(
                file: "preprocessor_config.json", key: "crop_size", "is not the image tower's size",
                expected: "its image_size \(config.vision.imageSize)", found: "\(processor.cropSize)")
        }
        guard config.vision.numChannels == 3 else {
            throw ConfigError(
                file: "config.json", key: "vision_config.num_channels", "is not that of RGB pictures",
                expected: "3", found: "\(config.vision.numChannels)")
        }
    }
}
