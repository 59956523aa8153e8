import Core
import Preferences

extension Recipe {
    /// What is minimised.
    package struct Objective: Sendable {
        /// What becomes of pairs that people found equally good (label 0.5).
        package enum Ties: String, Sendable, CaseIterable {
            /// They are left out.
            case drop
            /// They are trained on.
            case keep
        }

        /// The objective.
        package private(set) var kind: ObjectiveKind
        /// β: how strongly the policy is held to the reference (MaPO: the margin's part of the loss); above 0.
        package var beta: Double
        /// γ: how sharply differences of scaled scores become smoothed labels; above 0.
        package var gamma = 10.0
        /// Who decides which picture of a pair is the winner.
        package var winner: PairLabels.Winner
        /// What becomes of pairs that people found equally good.
        package var ties: Ties
        /// The score that is scaled to 0; `nil` for the data set's least.
        package var scoreMin: Double?
        /// The score that is scaled to 1; `nil` for the data set's greatest.
        package var scoreMax: Double?
        /// Whether pairs have the smoothed label's coefficient W rather than 1.
        package private(set) var isWeighted: Bool
        /// The objective's own keys.
        package var settings: any ObjectiveSettings

        /// An objective with the values that stand for what is not given.
        package init(_ kind: ObjectiveKind) {
            self.kind = kind
            beta = kind.beta ?? 1
            winner = kind.weights == .always ? .reward : .human
            // To a scorer a tie says that two pictures are alike.
            ties = kind.trainsScorer ? .keep : .drop
            isWeighted = kind.weights == .always
            settings = kind.settings
        }

        /// The name in recipes.
        package var name: String { kind.name }

        /// The factor of CLIP's own loss beside PickScore's; nil for none, and for other objectives.
        var contrastive: Double? { (settings as? PickScoreLoss.Settings)?.contrastive }

        /// The objective over pictures of `elements` numbers; only for one that trains a diffusion model.
        func make(elements: Int) -> any Preferences.Objective {
            guard let objective = settings.makeObjective(beta: Float(beta), elements: elements) else {
                preconditionFailure("a scorer's loss is not one of a network's errors")
            }
            return objective
        }
    }
}

extension Recipe.Objective: Equatable {
    /// Whether they are written alike.
    package static func == (a: Self, b: Self) -> Bool { a.value.json == b.value.json }
}

extension Recipe.Objective: KeyedSettings {
    private typealias Key = SettingsKey<Self>

    /// The keys of `objective`: only the objective's own are written, so that another's new key changes no manifest of
    /// this one.
    package static let schema = SettingsSchema<Self>(
        Self(SmPO.kind),
        [
            Key(
                "name", \.kind, .named(ObjectiveKind.all) { $0.name }, default: .required,
                changed: { $0 = Self($0.kind) },
                "the objective"),
            Key(
                "beta", \.beta, .number(.above(0)), default: .from(standardBeta) { $0.beta }, when: trainsDiffusion,
                "how strongly the policy is held to the reference; with mapo the margin's part of the loss"),
            gammaKey,
            Key(
                "winner", \.winner, .choice,
                default: .from("reward where labels are always smoothed, else human") { $0.winner },
                when: trainsDiffusion, "who decides which picture of a pair is the winner"),
            Key(
                "ties", \.ties, .choice, default: .from("drop; with pickscore keep") { $0.ties },
                "what becomes of pairs that people found equally good"),
            Key(
                "score_min", \.scoreMin, .optional(.number(.finite)), when: hasWeights,
                "the score that is scaled to 0; null for the data's least"),
            Key(
                "score_max", \.scoreMax, .optional(.number(.finite)), when: hasWeights,
                check: { root, field in
                    if let least = root.scoreMin, let most = root.scoreMax, most <= least {
                        throw field.outOfRange("a number above score_min, \(least)")
                    }
                }, "the score that is scaled to 1, above score_min; null for the data's greatest"),
        ]
            + Key.own(
                "objective.name", ObjectiveKind.all.map { ($0.name, $0.settings) }, of: { ($0.name, $0.settings) }
            ) { root, name, section in
                try root.settings.read(name, section)
                if root.isWeighted, let plain = root.settings.plainOnly { try section["gamma"].refuse(with: plain) }
            })

    /// γ, which turns labels into smoothed ones for the objectives that may have either.
    private static let gammaKey: Key = {
        let type = SettingsType.number(.above(0))
        return Key("gamma") { _ in
            [
                SettingsRow(
                    "gamma", values: type.words,
                    standard: "10 (\(names(.always))), plain labels (\(names(.withGamma)))",
                    condition: "objective.name: \(names(.always)), \(names(.withGamma))",
                    "how sharply differences of scaled scores become smoothed labels")
            ]
        } read: { root, section in
            let field = section["gamma"]
            guard root.kind.weights != .never else { return try field.refuse(with: "objective.name: \(root.name)") }
            guard root.isWeighted || field.given != nil else { return }
            root.gamma = try type.read(field, root.gamma)
            root.isWeighted = true
        } value: {
            $0.isWeighted ? .number($0.gamma) : nil
        }
    }()

    private static func names(_ weights: ObjectiveKind.Weights) -> String {
        ObjectiveKind.all.filter { $0.weights == weights }.map(\.name).joined(separator: ", ")
    }

    private static let hasWeights = Key.Condition("labels that are smoothed by gamma") {
        if $0.kind.weights == .never { return "objective.name: \($0.name)" }
        return $0.isWeighted ? nil : "labels without objective.gamma"
    }

    private static let trainsDiffusion = Key.Condition("objectives of a diffusion model") {
        $0.kind.trainsScorer ? "objective.name: \($0.name)" : nil
    }

    private static var standardBeta: String {
        ObjectiveKind.all.compactMap { kind in
            kind.beta.map { "\(SettingsValue.number($0).inline) (\(kind.name))" }
        }.joined(separator: ", ")
    }
}
