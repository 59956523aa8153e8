import Testing

@testable import Training

/// Recipes in few lines for the tests.
enum RecipeSamples {
    /// Every required key and nothing else.
    static let smpo = """
        data:
          kind: shapes
          size: 16
        model:
          path: base
        objective:
          name: smpo
        optimizer:
          lr: 3e-5
        training:
          steps: 60
          pairs_per_step: 8
        """

    /// Another objective, a folder and a new model.
    static let sft = """
        name: my-base
        seed: 18446744073709551615
        data: {kind: folder, path: pairs, size: 64, drop_unreadable: true}
        model:
          unet: a/unet.json
          text_encoder: a/text.json
          scheduler: a/scheduler.json
          tokenizer: shapes
        objective: {name: sft, winner: human, ties: keep, score_min: -1.5, score_max: 2, errors: sum}
        optimizer: {lr: 0.002, schedule: cosine, warmup: 7, clip: null, betas: [0.5, 0]}
        training:
          steps: 10
          pairs_per_step: 4
          micro_pairs: 2
          caption_dropout: .1
          flip: true
          ema: 0.995
          train_text_encoder: true
          recompute: true
          timesteps: high
        record: {checkpoint_every: 5, latents: false}
        """

    /// The error of a recipe, as it is printed; the file is `x.yaml`.
    static func failure(_ text: String, _ overrides: [String] = []) -> String {
        do {
            _ = try Recipe.parse(text, file: "x.yaml", overrides: overrides)
            return "no error"
        } catch {
            return "\(error)"
        }
    }
}
