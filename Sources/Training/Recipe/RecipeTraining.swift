import Core

extension Recipe {
    /// How much is trained, on what, and which parts.
    package struct TrainingSettings: Sendable, Equatable {
        /// How timesteps are drawn.
        package enum Timesteps: String, Sendable, CaseIterable {
            /// Each is as likely.
            case uniform
            /// The noisy ones are likelier.
            case high
        }

        /// How the reference follows the policy.
        package struct MovingReference: Sendable, Equatable {
            /// The decay of its weights, between 0 and 1.
            package var decay: Double
            /// The steps from one move to the next, at least 1.
            package var every: Int
        }

        /// The number of optimiser steps, at least 1.
        package var steps: Int
        /// The pairs of one optimiser step, at least 1; for `sft` and `kto` the pictures, one of each pair.
        package var pairsPerStep: Int
        /// The pairs that are computed at once; `nil` for all. It saves memory and changes no bit.
        package var microPairs: Int?
        /// The share of captions that are replaced by the empty one, 0 to 1.
        package var captionDropout: Double
        /// Whether pairs are mirrored at random.
        package var flip: Bool
        /// The decay of the averaged weights, between 0 and 1; `nil` for none.
        package var ema: Double?
        /// The steps from one averaging to the next, at least 1; `nil` for each and where nothing is averaged.
        package var emaEvery: Int? = nil
        /// How the reference follows the policy; `nil` for one that stays as it is.
        package var referenceEMA: MovingReference? = nil
        /// Whether the text encoder is trained too; only for `objective.name: sft`.
        package var trainTextEncoder: Bool
        /// Whether activations are computed again in the backward pass, to save memory.
        package var recompute: Bool
        /// `training.timesteps`.
        package var timesteps: Timesteps
    }
}

extension Recipe.TrainingSettings {
    static let keys = [
        "steps", "pairs_per_step", "micro_pairs", "caption_dropout", "flip", "ema", "train_text_encoder", "recompute",
        "timesteps", "ema_every", "reference_ema", "reference_ema_every",
    ]

    init(_ section: SettingsSection) throws {
        steps = try section["steps"].int(1...Int.max)
        pairsPerStep = try section["pairs_per_step"].int(1...Int.max)
        microPairs = try section["micro_pairs"].optional { try $0.int(1...Int.max) }
        captionDropout = try section["caption_dropout"].double("a number from 0 to 1", default: 0) { 0...1 ~= $0 }
        flip = try section["flip"].bool(default: false)
        ema = try section["ema"].optional { try $0.double("a number between 0 and 1, or null") { $0 > 0 && $0 < 1 } }
        if ema == nil { try section["ema_every"].refuse(with: "training.ema: null") }
        let every = try section["ema_every"].given == nil ? 1 : section["ema_every"].int(1...Int.max)
        emaEvery = every == 1 ? nil : every
        referenceEMA = try MovingReference(section)
        trainTextEncoder = try section["train_text_encoder"].bool(default: false)
        recompute = try section["recompute"].bool(default: false)
        timesteps = try section["timesteps"].choice(default: .uniform)
    }

    /// The newer keys only where they mean something: a recipe without them has the manifest that it always had.
    var value: SettingsValue {
        let members: [(key: String, value: SettingsValue)] = [
            ("steps", .int(steps)), ("pairs_per_step", .int(pairsPerStep)),
            ("micro_pairs", .optional(microPairs) { .int($0) }), ("caption_dropout", .number(captionDropout)),
            ("flip", .bool(flip)), ("ema", .optional(ema) { .number($0) }),
            ("train_text_encoder", .bool(trainTextEncoder)), ("recompute", .bool(recompute)),
            ("timesteps", .text(timesteps.rawValue)),
        ]
        let every = emaEvery.map { [(key: "ema_every", value: SettingsValue.int($0))] } ?? []
        return .section(members + every + (referenceEMA?.members ?? []))
    }
}

extension Recipe.TrainingSettings.MovingReference {
    /// Nil where `training.reference_ema` is not given.
    fileprivate init?(_ section: SettingsSection) throws {
        guard section["reference_ema"].given != nil else {
            try section["reference_ema_every"].refuse(with: "no training.reference_ema")
            return nil
        }
        self.init(
            decay: try section["reference_ema"].double("a number between 0 and 1, or null") { $0 > 0 && $0 < 1 },
            every: try section["reference_ema_every"].int(1...Int.max, default: 20))
    }

    fileprivate var members: [(key: String, value: SettingsValue)] {
        [("reference_ema", .number(decay)), ("reference_ema_every", .int(every))]
    }
}
