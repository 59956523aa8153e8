import Core

extension Recipe {
    /// How a picture is carried to its noise level; only for `objective.name: smpo` and `inpo`.
    package struct Inversion: Sendable, Equatable {
        /// The set of values that the other keys default to.
        package enum Preset: String, Sendable, CaseIterable {
            /// The paper's text.
            case paper
            /// The public code with diffusers 0.20.
            case official
            /// The public code with diffusers 0.22 and later.
            case official022 = "official-0.22"
        }

        /// Which noise levels the inversion passes.
        package enum Grid: String, Sendable, CaseIterable {
            /// Evenly spaced; the last move lands exactly on the timestep.
            case exact
            /// The public code's with diffusers 0.20.
            case official
            /// The public code's with diffusers 0.22 and later.
            case official022 = "official-0.22"
        }

        /// Which moves are corrected by ReNoise.
        package enum Renoise: String, Sendable, CaseIterable {
            /// None: plain DDIM inversion.
            case none
            /// The last move only.
            case last
            /// Every move.
            case every
        }

        /// Which timestep the first prediction of a move is asked at.
        package enum Label: String, Sendable, CaseIterable {
            /// The level that the move leaves.
            case origin
            /// The level that it goes to.
            case destination
        }

        /// `inversion.preset`, which gave the values that are not written.
        package var preset: Preset
        /// The number of inversion steps, 1 to 1000.
        package var steps: Int
        /// `inversion.grid`.
        package var grid: Grid
        /// `inversion.renoise`.
        package var renoise: Renoise
        /// Whether a correction moves by the mean of both predictions instead of the second.
        package var average: Bool
        /// `inversion.label`.
        package var label: Label
        /// The scale of classifier-free guidance; 1 is none.
        package var guidance: Double
        /// η of the fresh noise after each move; at least 0, and `nil` exactly for `objective.name: smpo`.
        package var noise: Double?
        /// Whether ā comes from a table rounded to 16-bit floats, as in the public code.
        package var float16Levels: Bool

        /// The values of a preset for an objective. DDIM-InPO's public code has ten steps on both models, no ReNoise and
        /// η = 0.1; of it there is nothing else to follow, so `paper` has these too.
        package init(_ preset: Preset, of objective: Objective.Name = .smpo) {
            self.preset = preset
            guidance = 1
            switch preset {
            case .paper: (grid, steps, renoise, average, label) = (.exact, 9, .last, false, .origin)
            case .official: (grid, steps, renoise, average, label) = (.official, 5, .every, true, .origin)
            case .official022: (grid, steps, renoise, average, label) = (.official022, 10, .every, true, .destination)
            }
            float16Levels = preset != .paper
            if objective == .inpo { (steps, renoise, average, noise) = (10, .none, false, 0.1) }
        }
    }
}

extension Recipe.Inversion {
    static let keys = ["preset", "steps", "grid", "renoise", "average", "label", "guidance", "noise", "float16_levels"]

    init(_ section: SettingsSection, of objective: Recipe.Objective.Name) throws {
        self.init(try section["preset"].choice(default: .paper), of: objective)
        steps = try section["steps"].int(1...1000, default: steps)
        grid = try section["grid"].choice(default: grid)
        renoise = try section["renoise"].choice(default: renoise)
        average = try section["average"].bool(default: average)
        label = try section["label"].choice(default: label)
        guidance = try section["guidance"].double("a number of at least 0", default: guidance) { $0 >= 0 }
        if let noise {
            self.noise = try section["noise"].double("a number of at least 0", default: noise) { $0 >= 0 }
        } else {
            try section["noise"].refuse(with: "objective.name: \(objective.rawValue)")
        }
        float16Levels = try section["float16_levels"].bool(default: float16Levels)
    }

    var value: SettingsValue {
        .section(
            [
                ("preset", .text(preset.rawValue)), ("steps", .int(steps)), ("grid", .text(grid.rawValue)),
                ("renoise", .text(renoise.rawValue)), ("average", .bool(average)), ("label", .text(label.rawValue)),
                ("guidance", .number(guidance)), ("float16_levels", .bool(float16Levels)),
            ] + (noise.map { [("noise", .number($0))] } ?? []))
    }
}
