import Core

extension Recipe {
    /// How much is trained, on what, and which parts.
    package struct TrainingSettings: Equatable {
        /// The number of optimiser steps, at least 1.
        package var steps: Int
        /// The pairs of one optimiser step, at least 1; for `sft` and `kto` the pictures, one of each pair.
        package var pairsPerStep: Int
        /// The pairs that are computed at once; `nil` for all. It saves memory and changes no bit.
        package var microPairs: Int?
        /// The parts of a step's pairs whose gradients are summed each by itself, then added as a tree; at least 1, and at
        /// most `pairsPerStep`.
        package var lanes = 1
        /// The share of captions that are replaced by the empty one, 0 to 1.
        package var captionDropout = 0.0
        /// Whether pairs are mirrored at random.
        package var flip = false
        /// Which pictures are mirrored by one draw, where any are: each by itself, or those of a pair together.
        package var flipUnit = FlipUnit.picture
        /// The decay of the averaged weights, between 0 and 1; `nil` for none.
        package var ema: Double?
        /// Whether the text encoder is trained too; only for `objective.name: sft`.
        package var trainTextEncoder = false
        /// Whether activations are computed again in the backward pass, to save memory.
        package var recompute = false
        /// How timesteps are drawn.
        package var timesteps = BatchSource.Timesteps.uniform
        /// The steps from one averaging to the next, at least 1.
        package var emaEvery = 1
        /// The decay of a reference that follows the policy, between 0 and 1; `nil` for one that stays as it is.
        package var referenceEMA: Double?
        /// The steps from one move of the reference to the next, at least 1.
        package var referenceEMAEvery = 20

        /// `training.flip_unit`.
        package enum FlipUnit: String, Sendable, CaseIterable { case picture, pair }
    }
}

extension Recipe.TrainingSettings: KeyedSettings {
    private typealias Key = SettingsKey<Self>

    /// The keys of `training`.
    package static let schema = SettingsSchema<Self>(
        Self(steps: 1, pairsPerStep: 1),
        [
            Key("steps", \.steps, .int(1...Int.max), default: .required, "optimiser steps"),
            Key(
                "pairs_per_step", \.pairsPerStep, .int(1...Int.max), default: .required,
                "pairs of one step; for objectives of single pictures the pictures, one of each pair"),
            Key(
                "micro_pairs", \.microPairs, .optional(.int(1...Int.max)),
                "pairs that are computed at once, to save memory; null for all; changes no bit"),
            Key(
                "lanes", \.lanes, .int(1...Int.max), default: .omitted(1),
                "parts of a step's pairs whose gradients are summed each by itself and then added as a tree: what several "
                    + "machines share out, and an audit checks singly; changes bits; at most pairs_per_step"),
            Key(
                "caption_dropout", \.captionDropout, .number(.from(0, to: 1)),
                "share of captions that are replaced by the empty one"),
            Key("flip", \.flip, .bool, "whether pairs are mirrored at random; not with data.kind: latents"),
            Key(
                "flip_unit", \.flipUnit, .choice, default: .omitted(.picture),
                when: Key.Condition("training.flip: true") { $0.flip ? nil : "training.flip: false" },
                "what is mirrored by one draw: a picture, or both of a pair; with data.resize: pair always the pair"),
            Key(
                "ema", \.ema, .optional(.number(.between(0, 1), orNull: true)),
                "decay of the averaged weights that the run hands over; null for none"),
            Key(
                "train_text_encoder", \.trainTextEncoder, .bool,
                "whether the text encoder is trained too; only with objective.name: sft and without lora"),
            Key(
                "recompute", \.recompute, .bool,
                "whether activations are computed again in the backward pass, to save memory; changes no bit"),
            Key("timesteps", \.timesteps, .choice, "how timesteps are drawn: all alike, or noisy ones likelier"),
            Key(
                "ema_every", \.emaEvery, .int(1...Int.max), default: .omitted(1, orNull: true),
                when: Key.Condition("training.ema") { $0.ema == nil ? "training.ema: null" : nil },
                "steps from one averaging to the next"),
            Key(
                "reference_ema", \.referenceEMA, .optional(.number(.between(0, 1), orNull: true)),
                default: .omitted(nil),
                "decay of a reference that follows the policy; null for one that stays; not with lora"),
            Key(
                "reference_ema_every", \.referenceEMAEvery, .int(1...Int.max),
                when: Key.Condition("training.reference_ema") {
                    $0.referenceEMA == nil ? "no training.reference_ema" : nil
                }, "steps from one move of the reference to the next"),
        ])
}
