/// A first recipe that needs nothing but this program, and the configurations of its model: the smallest network with
/// every kind of layer.
enum ProjectRecipe {
    /// The folder of the configurations.
    static let models = "Manifests/models/tiny"

    static let recipe = """
        # A first recipe: SmPO on pictures that smpo draws itself, with a new and very small model. Seconds to run.
        #   smpo train Manifests/recipes/first.yaml --record
        # Replace it by your own: data from a folder (kind: folder, path: …), a model in diffusers' layout (path: …).
        name: first
        seed: 42
        data: {kind: shapes, size: 16, pairs: 64, seed: 3}
        model:
          unet: \(models)/unet.json
          text_encoder: \(models)/text_encoder.json
          scheduler: \(models)/scheduler.json
          tokenizer: shapes
          init_seed: 7
        objective: {name: smpo, beta: 2000, gamma: 10}
        inversion: {steps: 3}
        optimizer: {lr: 1.0e-3}
        training: {steps: 6, pairs_per_step: 4, caption_dropout: 0.2}
        record: {checkpoint_every: 3}

        """

    /// The policy of its golden run: the gate also holds the recipe's file against the run's manifest.
    static let policy = """
        compare: exact
        recipe: {path: \(ProjectFiles.recipe)}

        """

    static let unet = """
        {
          "_class_name": "UNet2DConditionModel", "in_channels": 3, "out_channels": 3, "sample_size": 16,
          "block_out_channels": [8, 16], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
          "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1, "attention_head_dim": 2,
          "cross_attention_dim": 8, "norm_num_groups": 4
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

    static let scheduler = """
        {
          "_class_name": "DDIMScheduler", "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012,
          "beta_schedule": "scaled_linear", "prediction_type": "epsilon", "clip_sample": false,
          "set_alpha_to_one": false, "steps_offset": 1, "timestep_spacing": "leading"
        }

        """
}
