import Core
import Preferences

extension Recipe {
    /// What is minimised.
    package struct Objective: Sendable, Equatable {
        /// The objective.
        package enum Name: String, Sendable, CaseIterable {
            /// Smoothed preference optimisation.
            case smpo
            /// Plain denoising of the winners, to make a base model.
            case sft
            /// Diffusion-DPO.
            case dpo
            /// Diffusion-KTO, over single pictures.
            case kto
            /// MaPO, which needs no reference.
            case mapo
            /// DDIM-InPO.
            case inpo
            /// PickScore's, which trains a scorer rather than a diffusion model.
            case pickscore

            /// Whether pairs always have the smoothed label's coefficient, and the keys that shape it.
            fileprivate var isWeighted: Bool { self == .smpo || self == .sft }

            /// Whether pairs may have it: then the key `gamma` asks for it.
            fileprivate var takesWeights: Bool { self == .dpo || self == .inpo }

            /// Whether a frozen network's errors are subtracted.
            var usesReference: Bool {
                switch self {
                case .smpo, .dpo, .kto, .inpo: true
                case .sft, .mapo, .pickscore: false
                }
            }

            /// β where none is given: SmPO's and InPO's of SD1.5, otherwise the public code's.
            var beta: Double {
                switch self {
                case .smpo, .sft, .inpo: 2000
                case .dpo: 5000
                case .kto: 1000
                case .mapo: 0.1
                case .pickscore: 1
                }
            }
        }

        /// Who decides which picture of a pair is the winner.
        package enum Winner: String, Sendable, CaseIterable {
            /// The reward model's scores.
            case reward
            /// The human label.
            case human
        }

        /// What becomes of pairs that people found equally good (label 0.5).
        package enum Ties: String, Sendable, CaseIterable {
            /// They are left out.
            case drop
            /// They are trained on.
            case keep
        }

        /// How the squared errors of one picture become one number.
        package enum Errors: String, Sendable, CaseIterable {
            /// Their mean over channels and pixels.
            case mean
            /// Their sum.
            case sum
        }

        /// `objective.name`.
        package var name: Name
        /// β: how strongly the policy is held to the reference (MaPO: the margin's part of the loss; PickScore: of no
        /// account); above 0.
        package var beta: Double
        /// γ: how sharply differences of scaled scores become smoothed labels; above 0.
        package var gamma: Double
        /// `objective.winner`.
        package var winner: Winner
        /// `objective.ties`.
        package var ties: Ties
        /// The score that is scaled to 0; `nil` for the data set's least.
        package var scoreMin: Double?
        /// The score that is scaled to 1; `nil` for the data set's greatest.
        package var scoreMax: Double?
        /// `objective.errors`.
        package var errors: Errors
        /// `objective.loss`: what DPO makes of the logit; nil for other objectives.
        package var form: DPO.Form? = nil
        /// KTO's own keys; nil for other objectives.
        package var kto: JudgedPictures? = nil
        /// MaPO's own keys; nil for other objectives.
        package var mapo: OddsMargin? = nil
        /// The factor of CLIP's own loss beside PickScore's, above 0; nil for none, and for other objectives.
        package var contrastive: Double? = nil
        /// Whether pairs have the smoothed label's coefficient W rather than 1: always for `smpo` and `sft`, and for `dpo`
        /// and `inpo` where the recipe gives a γ.
        package var isWeighted: Bool = true
    }
}

extension Recipe.Objective {
    private static let commonKeys = ["name", "beta", "winner", "ties"]
    private static let smoothingKeys = ["gamma", "score_min", "score_max"]
    private static let labelKeys = smoothingKeys + ["errors"]
    static let keys =
        ["name", "beta", "gamma", "winner", "ties", "score_min", "score_max", "errors", "loss", "contrastive"]
        + Recipe.JudgedPictures.keys + Recipe.OddsMargin.keys

    private static func keys(of name: Name) -> [String] {
        switch name {
        case .smpo, .sft: commonKeys + labelKeys
        case .dpo: commonKeys + smoothingKeys + ["loss"]
        case .kto: commonKeys + Recipe.JudgedPictures.keys
        case .mapo: commonKeys + Recipe.OddsMargin.keys
        case .inpo: commonKeys + smoothingKeys
        case .pickscore: ["name", "ties", "contrastive"]
        }
    }

    init(_ section: SettingsSection) throws {
        let name: Name = try section["name"].choice()
        self.name = name
        let own = Self.keys(of: name)
        for key in Self.keys where !own.contains(key) {
            try section[key].refuse(with: "objective.name: \(name.rawValue)")
        }
        let (beta, winner) = (name.beta, name.isWeighted ? Winner.reward : .human)
        self.beta =
            try own.contains("beta") ? section["beta"].double("a number above 0", default: beta) { $0 > 0 } : beta
        self.winner = try own.contains("winner") ? section["winner"].choice(default: winner) : winner
        // To a scorer a tie says that two pictures are alike.
        ties = try section["ties"].choice(default: name == .pickscore ? .keep : .drop)
        isWeighted = name.isWeighted || name.takesWeights && section["gamma"].given != nil
        if name.takesWeights, !isWeighted {
            for key in ["score_min", "score_max"] { try section[key].refuse(with: "labels without objective.gamma") }
        }
        (gamma, scoreMin, scoreMax) = try isWeighted ? Self.label(section) : (10, nil, nil)
        errors = try name.isWeighted ? section["errors"].choice(default: .mean) : .mean
        form = name == .dpo ? try section["loss"].choice(default: .sigmoid) : nil
        if isWeighted, let form, form != .sigmoid {
            try section["gamma"].refuse(with: "objective.loss: \(form.rawValue)")
        }
        kto = name == .kto ? try Recipe.JudgedPictures(section) : nil
        mapo = name == .mapo ? try Recipe.OddsMargin(section) : nil
        if name == .pickscore, section["contrastive"].given != nil {
            contrastive = try section["contrastive"].double("a number above 0") { $0 > 0 }
        }
    }

    /// The keys of the smoothed label.
    private static func label(
        _ section: SettingsSection
    ) throws -> (gamma: Double, scoreMin: Double?, scoreMax: Double?) {
        let gamma = try section["gamma"].double("a number above 0", default: 10) { $0 > 0 }
        let least = try section["score_min"].optional { try $0.double("a finite number") { _ in true } }
        let most = try section["score_max"].optional {
            let expected = least.map { "a number above score_min, \($0)" } ?? "a finite number"
            return try $0.double(expected) { $0 > least ?? -.infinity }
        }
        return (gamma, least, most)
    }

    /// Only the objective's own keys, so that another objective's new key changes no manifest of this one.
    var value: SettingsValue {
        if name == .pickscore {
            return .section(
                [("name", .text(name.rawValue)), ("ties", .text(ties.rawValue))]
                    + (contrastive.map { [("contrastive", .number($0))] } ?? []))
        }
        var gammas: [(key: String, value: SettingsValue)] = []
        var scores: [(key: String, value: SettingsValue)] = []
        if isWeighted {
            gammas = [("gamma", .number(gamma))]
            scores = [
                ("score_min", .optional(scoreMin) { .number($0) }), ("score_max", .optional(scoreMax) { .number($0) }),
            ]
        }
        if name.isWeighted { scores.append(("errors", .text(errors.rawValue))) }
        let form = form.map { [(key: "loss", value: SettingsValue.text($0.rawValue))] } ?? []
        return .section(
            [("name", .text(name.rawValue)), ("beta", .number(beta))] + gammas
                + [("winner", .text(winner.rawValue)), ("ties", .text(ties.rawValue))] + scores + form
                + (kto?.members ?? []) + (mapo?.members ?? []))
    }
}
