/// How a picture is carried to its noise level: the switches by which the paper's text and the public code differ.
package struct InversionRecipe: Sendable, Equatable {
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

    /// The levels.
    package var grid: Grid
    /// Number of steps (the paper: 9).
    package var steps: Int
    /// Which moves are corrected.
    package var renoise: Correction
    /// Whether a correction moves by the mean of both predictions instead of the second.
    package var averages: Bool
    /// The first pass's label on the exact grid; the official grids bring their own.
    package var label: Label
    /// Classifier-free guidance during inversion (1: a single conditional pass).
    package var guidance: Float
    /// η: after each move of size σ(s→d), η·σ·n is added with fresh Gaussian noise n (DDIM-InPO: 0.1; otherwise 0).
    package var noise: Float
    /// Whether the target's ā comes from a table rounded to Float16, as in the public code.
    package var usesFloat16Levels: Bool

    /// All switches; the defaults are the preset `paper`.
    package init(
        grid: Grid = .exact, steps: Int = 9, renoise: Correction = .last, averages: Bool = false,
        label: Label = .origin, guidance: Float = 1, noise: Float = 0, usesFloat16Levels: Bool = false
    ) {
        self.grid = grid
        self.steps = steps
        self.renoise = renoise
        self.averages = averages
        self.label = label
        self.guidance = guidance
        self.noise = noise
        self.usesFloat16Levels = usesFloat16Levels
    }

    /// The preset of this name, or nil: `paper`, `official` (SD1.5: 5 steps; SDXL: 10), `official-0.22`.
    package static func preset(_ name: String) -> InversionRecipe? {
        switch name {
        case "paper": InversionRecipe()
        case "official":
            InversionRecipe(grid: .official, steps: 5, renoise: .every, averages: true, usesFloat16Levels: true)
        case "official-0.22":
            InversionRecipe(
                grid: .official022, steps: 10, renoise: .every, averages: true, label: .destination,
                usesFloat16Levels: true)
        default: nil
        }
    }

    /// The presets' names.
    package static let presets = ["paper", "official", "official-0.22"]
}
