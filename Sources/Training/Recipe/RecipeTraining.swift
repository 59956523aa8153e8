extension Recipe {
    /// How much is trained, on what, and which parts.
    public struct TrainingSettings: Sendable, Equatable {
        /// How timesteps are drawn.
        public enum Timesteps: String, Sendable, CaseIterable {
            /// Each is as likely.
            case uniform
            /// The noisy ones are likelier.
            case high
        }

        /// The number of optimiser steps, at least 1.
        public var steps: Int
        /// The pairs of one optimiser step, at least 1; for `sft` and `kto` the pictures, one of each pair.
        public var pairsPerStep: Int
        /// The pairs that are computed at once; `nil` for all. It saves memory and changes no bit.
        public var microPairs: Int?
        /// The share of captions that are replaced by the empty one, 0 to 1.
        public var captionDropout: Double
        /// Whether pairs are mirrored at random.
        public var flip: Bool
        /// The decay of the averaged weights, between 0 and 1; `nil` for none.
        public var ema: Double?
        /// Whether the text encoder is trained too; only for `objective.name: sft`.
        public var trainTextEncoder: Bool
        /// Whether activations are computed again in the backward pass, to save memory.
        public var recompute: Bool
        /// `training.timesteps`.
        public var timesteps: Timesteps
    }
}

extension Recipe.TrainingSettings {
    static let keys = [
        "steps", "pairs_per_step", "micro_pairs", "caption_dropout", "flip", "ema", "train_text_encoder", "recompute",
        "timesteps",
    ]

    init(_ section: RecipeSection) throws {
        steps = try section["steps"].int(1...Int.max)
        pairsPerStep = try section["pairs_per_step"].int(1...Int.max)
        microPairs = try section["micro_pairs"].optional { try $0.int(1...Int.max) }
        captionDropout = try section["caption_dropout"].double("a number from 0 to 1", default: 0) { 0...1 ~= $0 }
        flip = try section["flip"].bool(default: false)
        ema = try section["ema"].optional { try $0.double("a number between 0 and 1, or null") { $0 > 0 && $0 < 1 } }
        trainTextEncoder = try section["train_text_encoder"].bool(default: false)
        recompute = try section["recompute"].bool(default: false)
        timesteps = try section["timesteps"].choice(default: .uniform)
    }

    var value: RecipeValue {
        .section([
            ("steps", .int(steps)), ("pairs_per_step", .int(pairsPerStep)),
            ("micro_pairs", .optional(microPairs) { .int($0) }), ("caption_dropout", .number(captionDropout)),
            ("flip", .bool(flip)), ("ema", .optional(ema) { .number($0) }),
            ("train_text_encoder", .bool(trainTextEncoder)), ("recompute", .bool(recompute)),
            ("timesteps", .text(timesteps.rawValue)),
        ])
    }
}
