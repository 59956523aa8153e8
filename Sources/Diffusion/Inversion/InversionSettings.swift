import Core

/// How a picture is carried to its noise level: the switches by which the paper's text and the public code differ.
package struct InversionSettings: Equatable {
    /// The set of values that the other keys default to.
    package enum Preset: String, Sendable, CaseIterable {
        /// The paper's text.
        case paper
        /// The public code with diffusers 0.20 (SD1.5: 5 steps; SDXL: 10).
        case official
        /// The public code with diffusers 0.22 and later.
        case official022 = "official-0.22"
    }
    /// Which levels the inversion passes.
    package enum Grid: String, Sendable, CaseIterable {
        /// ⌊k·t/steps⌋, k = 0…steps: the last move lands exactly on t (the paper's text).
        case exact
        /// The public code with diffusers 0.20's inverse scheduler: 1 − S, 1, 1 + S, … below t, S = T / steps; a move
        /// goes from g to g + S, the label is the origin.
        case official
        /// The same loop with diffusers 0.22 and later: a move goes from g − S to g, g < t, the label is the destination.
        case official022 = "official-0.22"
    }
    /// Which moves are corrected by ReNoise.
    package enum Correction: String, Sendable, CaseIterable {
        /// None: plain DDIM inversion.
        case none
        /// The last move only (the paper's step B).
        case last
        /// Every move (the public code).
        case every
    }
    /// Which timestep the first pass of a move is asked at.
    package enum Label: String, Sendable, CaseIterable {
        /// The level the move leaves.
        case origin
        /// The level it goes to.
        case destination
    }

    /// What gave the values that are not written.
    package var preset: Preset
    /// Number of steps (the paper: 9).
    package var steps: Int
    /// The levels.
    package var grid: Grid
    /// Which moves are corrected.
    package var renoise: Correction
    /// Whether a correction moves by the mean of both predictions instead of the second.
    package var averages: Bool
    /// The first pass's label on the exact grid; the official grids bring their own.
    package var label: Label
    /// Classifier-free guidance during inversion (1: a single conditional pass).
    package var guidance = 1.0
    /// η: after each move of size σ(s→d), η·σ·n is added with fresh Gaussian noise n; nil for objectives that add none.
    package var noise: Double?
    /// Whether the target's ā comes from a table rounded to Float16, as in the public code.
    package var usesFloat16Levels: Bool

    /// The values of a preset. For DDIM-InPO, which `addsNoise`, its public code has ten steps on both models, no ReNoise
    /// and η = 0.1; of it there is nothing else to follow, so `paper` has these too.
    package init(_ preset: Preset = .paper, addsNoise: Bool = false) {
        self.preset = preset
        switch preset {
        case .paper: (grid, steps, renoise, averages, label) = (.exact, 9, .last, false, .origin)
        case .official: (grid, steps, renoise, averages, label) = (.official, 5, .every, true, .origin)
        case .official022: (grid, steps, renoise, averages, label) = (.official022, 10, .every, true, .destination)
        }
        usesFloat16Levels = preset != .paper
        if addsNoise { (steps, renoise, averages, noise) = (10, .none, false, 0.1) }
    }

    /// Whether predictions are guided, which takes a second pass.
    package var isGuided: Bool { Float(guidance) != 1 }

    /// η as it is computed with; 0 for none.
    package var noiseScale: Float { Float(noise ?? 0) }
}

extension InversionSettings: KeyedSettings {
    private typealias Key = SettingsKey<InversionSettings>

    /// The keys of `inversion`.
    package static let schema = SettingsSchema<InversionSettings>(
        InversionSettings(),
        [
            Key(
                "preset", \.preset, .choice, changed: { $0 = Self($0.preset, addsNoise: $0.noise != nil) },
                "the values of the other keys: the paper's text, or the public code with diffusers 0.20 or 0.22"),
            Key("steps", \.steps, .int(1...1000), default: .preset { $0.steps }, "how many steps the inversion takes"),
            Key(
                "grid", \.grid, .choice, default: .preset { $0.grid },
                "which noise levels it passes: up to exactly the timestep, or the public code's"),
            Key("renoise", \.renoise, .choice, default: .preset { $0.renoise }, "which moves ReNoise corrects"),
            Key(
                "average", \.averages, .bool, default: .preset { $0.averages },
                "whether a correction moves by the mean of both predictions instead of the second"),
            Key(
                "label", \.label, .choice, default: .preset { $0.label },
                "the timestep of a move's first prediction: the level that it leaves or the one that it goes to"),
            Key("guidance", \.guidance, .number(.atLeast(0)), "scale of classifier-free guidance; 1 is none"),
            Key(
                "float16_levels", \.usesFloat16Levels, .bool, default: .preset { $0.usesFloat16Levels },
                "whether ā comes from a table rounded to 16-bit floats, as in the public code"),
            Key(
                "noise", \.fresh, .number(.atLeast(0)), default: .from("0.1") { $0.fresh },
                when: Key.Condition("objectives that add noise") { $0.noise == nil ? "objectives that add none" : nil },
                "η of the fresh noise after each move"),
        ])

    /// η where there is one.
    private var fresh: Double {
        get { noise ?? 0 }
        set { noise = newValue }
    }
}

extension SettingsKey<InversionSettings>.Standard {
    /// The preset's value, which the settings have once that is read.
    fileprivate static func preset(_ value: @escaping @Sendable (InversionSettings) -> Value) -> Self {
        .from("the preset's", value)
    }
}
