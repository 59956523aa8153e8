import Checkpoints
import Core

/// What BLIP's image tower is made of: a vision transformer as `models/BLIP/vit.py` of ImageReward has it.
package struct BLIPVisionConfig: Equatable, ComponentConfiguration {
    /// `img_size`: edge of the pictures in pixels.
    package let imageSize: Int
    /// `patch_size`: edge of a patch in pixels.
    package let patchSize: Int
    /// `embed_dim`: width.
    package let width: Int
    /// `depth`: number of layers.
    package let depth: Int
    /// `num_heads`
    package let heads: Int

    /// The factor of a layer's inner width. Source: `mlp_ratio` of `vit.py`, which nobody changes.
    static let innerFactor = 4
    /// The width of a head where nothing states their number: BLIP's towers have 12 of 768 and 16 of 1024.
    private static let headWidth = 64

    /// Patches along an edge.
    package var grid: Int { imageSize / patchSize }

    /// Takes the members of a configuration; missing keys take those of ViT-L/16 at 224 pixels, ImageReward's.
    /// - Throws: `ConfigError`.
    package init(_ object: JSONObject, file: String = "vision_config.json") throws {
        var reader = ConfigReader(object, file: file)
        imageSize = try reader.integer("img_size", default: 224, in: 1...ConfigReader.large)
        patchSize = try reader.integer("patch_size", default: 16, in: 1...ConfigReader.large)
        width = try reader.integer("embed_dim", default: 1024, in: 1...ConfigReader.large)
        depth = try reader.integer("depth", default: 24, in: 1...1000)
        heads = try reader.integer("num_heads", default: 16, in: 1...ConfigReader.large)
        try reader.neutral([
            ("mlp_ratio", [.integer(BLIPVisionConfig.innerFactor)]), ("qkv_bias", [true]), ("in_chans", [3]),
            ("qk_scale", [.null]), ("drop_path_rate", [0]),
        ])
        try reader.finish()
        try requireFit(file)
    }

    /// Reads off the shapes of the tower's weights what no file of ImageReward states.
    /// - Throws: `CheckpointError`, `ConfigError`.
    package init(of weights: Checkpoint) throws {
        let patches = try weights.require(named: "vision_model.embeddings.patch_embedding.weight")
        let positions = try weights.require(named: "vision_model.embeddings.position_embedding.weight")
        guard patches.shape.count == 4, patches.shape[0] > 0, patches.shape[3] > 0, positions.shape.count == 3,
            positions.shape[1] > 1
        else {
            throw CheckpointError(
                .shape, file: weights.path, tensor: patches.name, "not the convolution of an image tower",
                expected: "[width, 3, patch, patch] and positions [1, tokens, width]",
                found: "\(patches.shape) and \(positions.shape)")
        }
        (width, patchSize) = (patches.shape[0], patches.shape[3])
        let grid = Int(Double(positions.shape[1] - 1).squareRoot().rounded())
        imageSize = grid * patchSize
        depth =
            Set(
                weights.names.filter { $0.hasPrefix("vision_model.encoder.layers.") }.map {
                    $0.split(separator: ".")[3]
                }
            ).count
        heads = width / BLIPVisionConfig.headWidth
        guard width % BLIPVisionConfig.headWidth == 0 else {
            throw ConfigError(
                file: weights.path, key: "num_heads", "is stated nowhere",
                expected:
                    "a vision_config.json beside the weights with img_size, patch_size, embed_dim, depth, num_heads",
                found: "a width of \(width)")
        }
    }

    private func requireFit(_ file: String) throws {
        guard width % heads == 0 else {
            throw ConfigError(
                file: file, key: "num_heads", "heads do not divide embed_dim", expected: "a divisor of \(width)",
                found: "\(heads)")
        }
        guard imageSize % patchSize == 0 else {
            throw ConfigError(
                file: file, key: "patch_size", "does not divide img_size", expected: "a divisor of \(imageSize)",
                found: "\(patchSize)")
        }
    }

    package var json: JSONValue {
        [
            "depth": .integer(depth), "embed_dim": .integer(width), "img_size": .integer(imageSize),
            "num_heads": .integer(heads), "patch_size": .integer(patchSize),
        ]
    }
}
