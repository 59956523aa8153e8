import Checkpoints
import Core

/// What a whole CLIP is made of: transformers' `CLIPModel`, two towers whose projections have one width.
package struct CLIPConfig: Equatable, ComponentConfiguration {
    /// `text_config`; its own projection and classes are of no account here.
    package let text: CLIPTextConfig
    /// `vision_config`
    package let vision: CLIPVisionConfig
    /// `projection_dim`
    package let projectionDim: Int
    /// `logit_scale_init_value`: the logarithm of the factor on cosines, for a fresh model.
    package let logitScaleInitValue: Double

    /// Takes the members of a `config.json`; `file` is for messages. Missing keys take transformers' defaults.
    /// - Throws: `ConfigError`.
    package init(_ object: JSONObject, file: String = "config.json") throws {
        var reader = ConfigReader(object, file: file)
        var text = try Self.tower("text", &reader)
        text["architectures"] = nil
        text["projection_dim"] = nil
        self.text = try CLIPTextConfig(text, file: "\(file): text_config")
        vision = try CLIPVisionConfig(try Self.tower("vision", &reader), file: "\(file): vision_config")
        projectionDim = try reader.integer("projection_dim", default: 512, in: 1...ConfigReader.large)
        logitScaleInitValue = try reader.number("logit_scale_init_value", default: 2.6592, in: -100...100)
        if let value = reader.take("architectures"), value != .null, value != ["CLIPModel"],
            value != ["FlaxCLIPModel"]
        {
            throw reader.refusal("architectures", value, "is not supported", expected: "[\"CLIPModel\"]")
        }
        try CLIPTextConfig.readNeutral(&reader, modelType: "clip")
        try reader.finish()
    }

    /// The members of one tower. Old files from the hub have a `…_config_dict` besides, which counts where it is there.
    private static func tower(_ name: String, _ reader: inout ConfigReader) throws -> JSONObject {
        var tower = JSONObject()
        for key in ["\(name)_config", "\(name)_config_dict"] {
            guard let value = reader.take(key), value != .null else { continue }
            guard case .object(let object) = value else {
                throw reader.refusal(key, value, "is not supported", expected: "an object or null")
            }
            tower = object
        }
        return tower
    }

    /// The configuration as transformers reads it; `CLIPConfig(_:file:)` reads it back equal.
    package var json: JSONValue {
        [
            "architectures": ["CLIPModel"],
            "dtype": "float32",
            "logit_scale_init_value": ConfigJSON.number(logitScaleInitValue),
            "model_type": "clip",
            "projection_dim": .integer(projectionDim),
            "text_config": text.json,
            "vision_config": vision.json,
        ]
    }
}
