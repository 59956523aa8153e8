import Checkpoints
import Compute

/// BLIP's image tower: a vision transformer whose tokens all go through the final LayerNorm. Other than CLIP's it has a bias
/// at the patches' convolution and no LayerNorm before the layers. Source: `VisionTransformer` in `models/BLIP/vit.py` of
/// THUDM/ImageReward.
package final class BLIPVisionModel: Sendable {
    /// The configuration.
    package let config: BLIPVisionConfig
    /// All parameters in the byte order of their names.
    package let parameters: [Parameter]
    private let classEmbedding: Parameter
    private let positions: Parameter
    private let patchWeight: Parameter
    private let patchBias: Parameter
    private let layers: [CLIPLayer]
    private let finalNorm: LayerNorm

    /// timm's `partial(nn.LayerNorm, eps=1e-6)`.
    private static let eps = 1e-6

    /// Builds the tower from the weights of `ImageRewardLayout.vision`.
    /// - Throws: `CheckpointError` naming the tensor at fault.
    package init(config: BLIPVisionConfig, loader: ParameterLoader) throws {
        self.config = config
        let (width, patch, name) = (config.width, config.patchSize, "vision_model")
        classEmbedding = try loader.parameter("\(name).embeddings.class_embedding", [1, 1, width], .normal(0.02))
        let table = try loader.parameter(
            "\(name).embeddings.position_embedding.weight", [1, config.grid * config.grid + 1, width], .normal(0.02))
        positions = Parameter(name: table.name, value: table.value.reshaped(Array(table.value.shape.dropFirst())))
        patchWeight = try loader.parameter(
            "\(name).embeddings.patch_embedding.weight", [width, 3, patch, patch], .normal(0.02))
        patchBias = try loader.parameter("\(name).embeddings.patch_embedding.bias", [width], .constant(0))
        let shape = CLIPLayer.Shape(
            width: width, inner: BLIPVisionConfig.innerFactor * width, heads: config.heads, activation: .gelu,
            eps: BLIPVisionModel.eps)
        layers = try (0..<config.depth).map {
            try CLIPLayer(loader, "\(name).encoder.layers.\($0)", shape: shape, isCausal: false)
        }
        finalNorm = try LayerNorm(loader, "\(name).post_layernorm", width, eps: BLIPVisionModel.eps)
        try loader.requireNothingLeft()
        parameters = loader.sorted()
    }

    /// Encodes pictures [n, 3, image_size, image_size], normalised: [n, 1 + patches, width].
    package func forward(_ tape: Tape, pixels: Variable) -> Variable {
        precondition(Array(pixels.shape.dropFirst()) == [3, config.imageSize, config.imageSize])
        // It is no parameter of its file's, but one of them in another shape.
        tape.engine.place(CollectionOfOne(positions))
        let tokens = tape.patchEmbedding(pixels, patchWeight, patchBias)
        let x = tape.addPositions(tape.prepended(classEmbedding, to: tokens), positions)
        return finalNorm(tape, layers.reduce(x) { $1(tape, $0) })
    }
}
