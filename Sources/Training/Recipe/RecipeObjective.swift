extension Recipe {
    /// What is minimised.
    public struct Objective: Sendable, Equatable {
        /// The objective.
        public enum Name: String, Sendable, CaseIterable {
            /// Smoothed preference optimisation.
            case smpo
            /// Plain denoising of the winners, to make a base model.
            case sft
        }

        /// Who decides which picture of a pair is the winner.
        public enum Winner: String, Sendable, CaseIterable {
            /// The reward model's scores.
            case reward
            /// The human label.
            case human
        }

        /// What becomes of pairs that people found equally good (label 0.5).
        public enum Ties: String, Sendable, CaseIterable {
            /// They are left out.
            case drop
            /// They are trained on.
            case keep
        }

        /// How the squared errors of one picture become one number.
        public enum Errors: String, Sendable, CaseIterable {
            /// Their mean over channels and pixels.
            case mean
            /// Their sum.
            case sum
        }

        /// `objective.name`.
        public var name: Name
        /// β: how strongly the policy is held to the reference; above 0.
        public var beta: Double
        /// γ: how sharply differences of scaled scores become smoothed labels; above 0.
        public var gamma: Double
        /// `objective.winner`.
        public var winner: Winner
        /// `objective.ties`.
        public var ties: Ties
        /// The score that is scaled to 0; `nil` for the data set's least.
        public var scoreMin: Double?
        /// The score that is scaled to 1; `nil` for the data set's greatest.
        public var scoreMax: Double?
        /// `objective.errors`.
        public var errors: Errors
    }
}

extension Recipe.Objective {
    static let keys = ["name", "beta", "gamma", "winner", "ties", "score_min", "score_max", "errors"]

    init(_ section: RecipeSection) throws {
        name = try section["name"].choice()
        beta = try section["beta"].double("a number above 0", default: 2000) { $0 > 0 }
        gamma = try section["gamma"].double("a number above 0", default: 10) { $0 > 0 }
        winner = try section["winner"].choice(default: .reward)
        ties = try section["ties"].choice(default: .drop)
        let least = try section["score_min"].optional { try $0.double("a finite number") { _ in true } }
        scoreMin = least
        scoreMax = try section["score_max"].optional {
            let expected = least.map { "a number above score_min, \($0)" } ?? "a finite number"
            return try $0.double(expected) { $0 > least ?? -.infinity }
        }
        errors = try section["errors"].choice(default: .mean)
    }

    var value: RecipeValue {
        .section([
            ("name", .text(name.rawValue)), ("beta", .number(beta)), ("gamma", .number(gamma)),
            ("winner", .text(winner.rawValue)), ("ties", .text(ties.rawValue)),
            ("score_min", .optional(scoreMin) { .number($0) }), ("score_max", .optional(scoreMax) { .number($0) }),
            ("errors", .text(errors.rawValue)),
        ])
    }
}
