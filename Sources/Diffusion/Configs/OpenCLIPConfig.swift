import Checkpoints
import Core

/// `open_clip_config.json`, or `model_cfg` of it: what a CLIP under open_clip's names is made of, as `CLIPConfig`.
package struct OpenCLIPConfig: Equatable, Sendable {
    /// The same as transformers writes it.
    package let clip: CLIPConfig
    /// `preprocess_cfg.mean`: taken off each channel.
    package let imageMean: [Double]
    /// `preprocess_cfg.std`: what each channel is divided by.
    package let imageStd: [Double]

    /// Takes the members of the file `file`; keys that are missing take open_clip's defaults.
    /// - Throws: `ConfigError`.
    package init(_ object: JSONObject, file: String = "open_clip_config.json") throws {
        var reader = ConfigReader(object, file: file)
        let model: JSONObject
        if let value = reader.take("model_cfg") {
            model = try Self.object(value, "model_cfg", reader)
            let preprocess = try reader.take("preprocess_cfg").map { try Self.object($0, "preprocess_cfg", reader) }
            try reader.finish()
            var channels = ConfigReader(preprocess ?? JSONObject(), file: "\(file): preprocess_cfg")
            let standard = CLIPImageProcessorConfig(edge: 224)
            imageMean = try channels.optionalNumbers("mean", count: 3, in: 0...1000) ?? standard.imageMean
            imageStd = try channels.optionalNumbers("std", count: 3, in: 1e-6...1000) ?? standard.imageStd
            try channels.neutral([
                ("interpolation", ["bicubic"]), ("resize_mode", ["shortest"]), ("mode", ["RGB"]), ("fill_color", [0]),
            ])
            channels.ignore(["size"])
            try channels.finish()
        } else {
            model = object
            let standard = CLIPImageProcessorConfig(edge: 224)
            (imageMean, imageStd) = (standard.imageMean, standard.imageStd)
        }
        clip = try Self.clip(model, file: file)
    }

    /// ViT-H-14, which HPS v2 and v2.1 are.
    package static func viTH14() throws -> OpenCLIPConfig {
        try OpenCLIPConfig(
            [
                "embed_dim": 1024,
                "vision_cfg": ["image_size": 224, "layers": 32, "width": 1280, "head_width": 80, "patch_size": 14],
                "text_cfg": ["context_length": 77, "vocab_size": 49408, "width": 1024, "heads": 16, "layers": 24],
            ], file: "ViT-H-14 of open_clip")
    }

    private static func object(_ value: JSONValue, _ key: String, _ reader: ConfigReader) throws -> JSONObject {
        guard case .object(let object) = value else {
            throw reader.refusal(key, value, "is not supported", expected: "an object")
        }
        return object
    }

    /// Source: `CLIPVisionCfg`, `CLIPTextCfg` and `CLIP` in `model.py` of open_clip 3.3.
    private static func clip(_ object: JSONObject, file: String) throws -> CLIPConfig {
        var reader = ConfigReader(object, file: file)
        let large = ConfigReader.large
        let projection = try reader.integer("embed_dim", default: 512, in: 1...large)
        let activation = try reader.bool("quick_gelu", default: false) ? "quick_gelu" : "gelu"
        func part(_ key: String) throws -> ConfigReader {
            guard let value = reader.take(key) else {
                throw ConfigError(
                    file: file, key: key, "is missing", expected: "an object with width, layers and more", found: nil)
            }
            return ConfigReader(try Self.object(value, key, reader), file: "\(file): \(key)")
        }
        var (vision, text) = (try part("vision_cfg"), try part("text_cfg"))
        try reader.neutral([("custom_text", [false]), ("init_logit_bias", [.null]), ("multimodal_cfg", [.null])])
        reader.ignore(["init_logit_scale", "cast_dtype", "output_dict", "nonscalar_logit_scale"])
        try reader.finish()

        let width = try vision.integer("width", default: 768, in: 1...large)
        let headWidth = try vision.integer("head_width", default: 64, in: 1...large)
        guard width % headWidth == 0 else {
            throw ConfigError(
                file: "\(file): vision_cfg", key: "head_width", "does not divide width",
                expected: "a divisor of \(width)", found: "\(headWidth)")
        }
        let towers: (vision: JSONObject, text: JSONObject) = (
            [
                "hidden_size": .integer(width), "num_attention_heads": .integer(width / headWidth),
                "intermediate_size": .integer(try Self.inner(&vision, width)), "hidden_act": .string(activation),
                "num_hidden_layers": .integer(try vision.integer("layers", default: 12, in: 1...1000)),
                "image_size": .integer(try Self.edge(&vision)),
                "patch_size": .integer(try vision.integer("patch_size", default: 16, in: 1...large)),
            ],
            try Self.text(&text, activation)
        )
        try vision.neutral([
            ("ls_init_value", [.null]), ("patch_dropout", [0]), ("attentional_pool", [false]), ("no_ln_pre", [false]),
            ("pos_embed_type", ["learnable"]), ("final_ln_after_pool", [false]), ("pool_type", ["tok"]),
            ("output_tokens", [false]), ("timm_model_name", [.null]), ("act_kwargs", [.null]), ("norm_kwargs", [.null]),
            ("global_average_pool", [false]), ("input_patchnorm", [false]), ("block_type", [.null]),
            ("qk_norm", [false]),
        ])
        try vision.finish()
        try text.neutral([
            ("ls_init_value", [.null]), ("embed_cls", [false]), ("no_causal_mask", [false]),
            ("pool_type", ["argmax"]), ("proj_type", ["linear"]), ("proj_bias", [false]), ("output_tokens", [false]),
            ("act_kwargs", [.null]), ("norm_kwargs", [.null]), ("hf_model_name", [.null]), ("pad_id", [0]),
            ("final_ln_after_pool", [false]), ("block_type", [.null]), ("qk_norm", [false]),
        ])
        text.ignore(["hf_tokenizer_name", "tokenizer_kwargs", "hf_model_pretrained"])
        try text.finish()
        return try CLIPConfig(
            [
                "projection_dim": .integer(projection), "vision_config": .object(towers.vision),
                "text_config": .object(towers.text),
            ], file: file)
    }

    private static func text(_ reader: inout ConfigReader, _ activation: String) throws -> JSONObject {
        let width = try reader.integer("width", default: 512, in: 1...ConfigReader.large)
        return [
            "hidden_size": .integer(width), "intermediate_size": .integer(try Self.inner(&reader, width)),
            "hidden_act": .string(activation),
            "num_hidden_layers": .integer(try reader.integer("layers", default: 12, in: 1...1000)),
            "num_attention_heads": .integer(try reader.integer("heads", default: 8, in: 1...ConfigReader.large)),
            "vocab_size": .integer(try reader.integer("vocab_size", default: 49408, in: 1...ConfigReader.large)),
            "max_position_embeddings": .integer(
                try reader.integer("context_length", default: 77, in: 2...ConfigReader.large)),
            // The state at the highest id (`text.argmax`), which transformers takes for this.
            "eos_token_id": 2,
        ]
    }

    /// Width between the two linear layers of a block.
    private static func inner(_ reader: inout ConfigReader, _ width: Int) throws -> Int {
        Int(Double(width) * (try reader.number("mlp_ratio", default: 4, in: 0.001...1000)))
    }

    /// Edge of the pictures: an integer, or two equal ones.
    private static func edge(_ reader: inout ConfigReader) throws -> Int {
        let edges = try reader.integers("image_size", count: 2, default: 224, in: 1...ConfigReader.large)
        guard edges[0] == edges[1] else {
            throw reader.refusal(
                "image_size", .array(edges.map { .integer($0) }), "is not supported",
                expected: "equal height and width")
        }
        return edges[0]
    }
}
