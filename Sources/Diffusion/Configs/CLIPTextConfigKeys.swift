import Core

extension CLIPTextConfig {
    /// Null or missing means `CLIPTextModel`, as in the `text_config` of a `CLIPModel`.
    static func readArchitecture(_ reader: inout ConfigReader) throws -> Architecture {
        guard let value = reader.take("architectures"), value != .null else { return .textModel }
        guard case .array(let names) = value, names.count == 1, case .string(let name) = names[0],
            let architecture = Architecture(rawValue: ConfigReader.withoutFramework(name))
        else {
            let names = Architecture.allCases.map { "[\"\($0.rawValue)\"]" }.joined(separator: " or ")
            throw reader.refusal("architectures", value, "is not supported", expected: names)
        }
        return architecture
    }

    /// Keys of a tower that must not change anything.
    static func readNeutral(_ reader: inout ConfigReader, modelType: String = "clip_text_model") throws {
        try reader.neutral([
            ("add_cross_attention", [false]),
            ("attention_dropout", [0, .null]),
            ("chunk_size_feed_forward", [0]),
            ("cross_attention_hidden_size", [.null]),
            ("dropout", [0]),
            ("is_decoder", [false]),
            ("is_encoder_decoder", [false]),
            ("model_type", [.string(modelType)]),
            ("pruned_heads", [.object(JSONObject())]),
        ])
        reader.ignore(ignoredKeys)
    }

    /// What transformers writes and the outputs of CLIP's towers do not depend on: ids that only a tokenizer uses, how
    /// weights were initialised, what other tasks would need, and settings for generating text.
    static let ignoredKeys = [
        "bos_token_id", "pad_token_id", "dtype", "torch_dtype", "id2label", "label2id", "num_labels", "problem_type",
        "initializer_factor", "initializer_range", "output_attentions", "output_hidden_states", "return_dict",
        "transformers_version", "use_cache", "gradient_checkpointing", "finetuning_task", "prefix",
        "task_specific_params", "tie_encoder_decoder", "tie_word_embeddings", "tf_legacy_loss", "tokenizer_class",
        "torchscript", "use_bfloat16", "sep_token_id", "decoder_start_token_id",
        "bad_words_ids", "begin_suppress_tokens", "diversity_penalty", "do_sample", "early_stopping",
        "encoder_no_repeat_ngram_size", "epsilon_cutoff", "eta_cutoff", "exponential_decay_length_penalty",
        "forced_bos_token_id", "forced_eos_token_id", "length_penalty", "max_length", "min_length",
        "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences", "output_scores",
        "remove_invalid_values", "repetition_penalty", "return_dict_in_generate", "suppress_tokens", "temperature",
        "top_k", "top_p", "typical_p",
    ]

    /// The configuration as transformers reads it; `CLIPTextConfig(_:file:)` reads it back equal.
    package var json: JSONValue {
        let end =
            switch endOfText {
            case .largestID: 2
            case .id(let id): id
            }
        return [
            "architectures": [.string(architecture.rawValue)],
            "attention_dropout": 0,
            "dtype": "float32",
            "eos_token_id": .integer(end),
            "hidden_act": .string(hiddenAct.rawValue),
            "hidden_size": .integer(hiddenSize),
            "intermediate_size": .integer(intermediateSize),
            "layer_norm_eps": ConfigJSON.number(layerNormEps),
            "max_position_embeddings": .integer(maxPositionEmbeddings),
            "model_type": "clip_text_model",
            "num_attention_heads": .integer(numAttentionHeads),
            "num_hidden_layers": .integer(numHiddenLayers),
            "projection_dim": .integer(projectionDim),
            "vocab_size": .integer(vocabSize),
        ]
    }
}
