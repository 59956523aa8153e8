import Foundation

/// Configurations of the smallest network that has every kind of layer.
enum TinyConfigurations {
    static let all = [
        ("unet.json", unet), ("latent-unet.json", latentUNet), ("text_encoder.json", textEncoder),
        ("scheduler.json", scheduler), ("clip.json", clip), ("sdxl-unet.json", sdxlUNet),
        ("sdxl-latent-unet.json", latents(sdxlUNet)), ("text_encoder_2.json", textEncoder2),
    ]

    static let unet = """
        {
          "_class_name": "UNet2DConditionModel", "in_channels": 3, "out_channels": 3, "sample_size": 16,
          "block_out_channels": [8, 16], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
          "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1, "attention_head_dim": 2,
          "cross_attention_dim": 8, "norm_num_groups": 4
        }
        """

    /// The same for latents of four channels.
    static let latentUNet = latents(unet)

    private static func latents(_ unet: String) -> String {
        unet.replacingOccurrences(
            of: "\"in_channels\": 3, \"out_channels\": 3", with: "\"in_channels\": 4, \"out_channels\": 4")
    }

    /// One of SDXL's kind: two text encoders, pooled text, sizes, linear projections, transformers of several layers.
    static let sdxlUNet = """
        {
          "_class_name": "UNet2DConditionModel", "in_channels": 3, "out_channels": 3, "sample_size": 16,
          "block_out_channels": [8, 16], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
          "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1, "attention_head_dim": [1, 2],
          "transformer_layers_per_block": [1, 2], "use_linear_projection": true, "cross_attention_dim": 20,
          "addition_embed_type": "text_time", "addition_time_embed_dim": 4,
          "projection_class_embeddings_input_dim": 34, "norm_num_groups": 4
        }
        """

    static let textEncoder2 = """
        {
          "architectures": ["CLIPTextModelWithProjection"], "model_type": "clip_text_model", "hidden_size": 12,
          "intermediate_size": 24, "num_attention_heads": 3, "num_hidden_layers": 2, "max_position_embeddings": 16,
          "vocab_size": 619, "hidden_act": "gelu", "layer_norm_eps": 1e-05, "eos_token_id": 618,
          "bos_token_id": 617, "pad_token_id": 1, "projection_dim": 10
        }
        """

    static let textEncoder = """
        {
          "architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "hidden_size": 8,
          "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1, "max_position_embeddings": 16,
          "vocab_size": 619, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-05, "eos_token_id": 618,
          "bos_token_id": 617, "pad_token_id": 618, "projection_dim": 8
        }
        """

    static let clip = """
        {
          "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": 8, "logit_scale_init_value": 2.6592,
          "text_config": {
            "hidden_size": 8, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1,
            "max_position_embeddings": 16, "vocab_size": 619, "hidden_act": "gelu", "eos_token_id": 618
          },
          "vision_config": {
            "hidden_size": 8, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 2,
            "image_size": 16, "patch_size": 8, "hidden_act": "gelu"
          }
        }
        """

    static let scheduler = """
        {
          "_class_name": "DDIMScheduler", "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012,
          "beta_schedule": "scaled_linear", "prediction_type": "epsilon", "clip_sample": false,
          "set_alpha_to_one": false, "steps_offset": 1, "timestep_spacing": "leading"
        }
        """
}
