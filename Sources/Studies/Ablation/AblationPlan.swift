import Core
import Datasets
import Training

/// The arms that are compared, their pairs and their tuning: a YAML file such as `Manifests/recipes/paper-tables.yaml`.
///
/// Every arm is a recipe: the section `common` with the arm's own section over it. Each is tuned over the same grid of
/// learning rates and of multiples of its own β, with the tuning seed's pairs, by the reward on validation captions,
/// and reported on test captions over `seeds`, which vary pairs, votes, order and noise.
package struct AblationPlan: Sendable {
    /// A model that arms start from.
    package struct Base: Sendable, Equatable {
        /// Its origin.
        package enum Origin: Sendable, Equatable {
            /// A folder in diffusers' layout.
            case folder(String)
            /// A recipe that is trained first, with overrides.
            case recipe(String, overrides: [String])
        }

        /// Its name in the plan.
        package var name: String
        /// Its origin.
        package var origin: Origin
    }

    /// A set of pairs: self-made, once a seed, or given.
    package struct Pairs: Sendable, Equatable {
        /// Its name in the plan.
        package var name: String
        /// The base that draws, and that arms on these pairs start from.
        package var base: String
        /// The section `data` of recipes, where the pairs are given; nil where they are made.
        package var given: SettingsNode?
        /// Whether the plan's reward model scores given pairs, in the place of scores that they have.
        package var isScored: Bool
        /// A file of captions to draw, which the higher score labels; nil for those of the shapes world and simulated people.
        package var captions: String?
        /// Pairs to make; 0 of given ones.
        package var count: Int
        /// Pictures drawn for each caption, and which two are kept.
        package var candidates: Int, choice: PairGeneration.Settings.Choice
        /// Simulated people: how their tastes differ, how unsure they are, how readily they call it a tie.
        package var variety: Double, noise: Double, ties: Double

        /// Where given pairs lie.
        package var path: String? {
            guard case .section(let members)? = given?.content,
                case .scalar(let text, _)? = members.first(where: { $0.key == "path" })?.value.content
            else { return nil }
            return text
        }
    }

    /// One row of the table.
    package struct Arm: Sendable {
        /// Its name in the plan and in runs' names.
        package var name: String
        /// Its title in the table.
        package var title: String
        let node: SettingsNode
    }

    /// Values of one key, tried with an arm as it was tuned.
    package struct Sweep: Sendable, Equatable {
        /// Its name in the plan.
        package var name: String
        /// The arm.
        package var arm: String
        /// The recipe's key.
        package var key: String
        /// The values as they are written.
        package var values: [String]
    }

    /// Other circumstances under which some arms are compared again, as they were tuned.
    package struct Condition: Sendable, Equatable {
        /// The pairs that differ from the table's.
        package var pairs: String
        /// Its title in the table.
        package var title: String
        /// The arms.
        package var arms: [String]
    }

    /// The plan's name.
    package var name: String
    /// Seeds of the reported runs.
    package var seeds: [UInt64]
    /// The seed of the tuning runs.
    package var tuningSeed: UInt64
    /// Folder of the reward model that labels pairs, where the rules of the shapes world judge.
    package var scorer: String
    /// How reward models judge pictures of prompts; nil where the rules of the shapes world judge.
    package var judging: PromptJudging?
    /// How pairs are drawn, and what is judged.
    package var drawing: DrawingRequest
    /// Models to start from.
    package var bases: [Base]
    /// Sets of pairs; the first is the table's.
    package var pairs: [Pairs]
    /// DDIM steps of drawing pairs and of judging in the shapes world.
    package var samplingSteps: Int
    /// Captions that tuning is judged on, and that the table reports.
    package var validationCaptions: Int, testCaptions: Int
    /// Steps between two points of the reward curve, and the validation captions that each is judged on.
    package var curveEvery: Int, curveCaptions: Int
    /// The grid: learning rates, and multiples of an arm's β.
    package var rates: [Double], betaFactors: [Double]
    /// The rows.
    package var arms: [Arm]
    /// Arms held against each other, the second being what the first is expected to improve on.
    package var comparisons: [(String, String)]
    /// Values of single keys.
    package var sweeps: [Sweep]
    /// Other circumstances.
    package var conditions: [Condition]
    /// The settings that all arms' recipes have in common.
    let common: SettingsNode

    /// The pairs called `name`. - Precondition: the plan has them.
    package func pairs(_ name: String) -> Pairs { pairs.first { $0.name == name }! }
    /// The arm called `name`. - Precondition: the plan has it.
    package func arm(_ name: String) -> Arm { arms.first { $0.name == name }! }
}

extension AblationPlan {
    /// The recipe of an arm on pairs in the folder or file `data`, from the model in the folder `model`.
    /// - Parameters:
    ///   - pairs: what they are; nil for self-made ones.
    ///   - reward: who scores given pairs.
    ///   - rate: the learning rate.
    ///   - betaFactor: what the arm's own β is multiplied by.
    ///   - overrides: further keys.
    /// - Throws: `SettingsError` that names the place in the plan.
    package func recipe(
        _ arm: Arm, name: String, on pairs: Pairs? = nil, data: String, model: String, seed: UInt64, rate: Double,
        betaFactor: Double, overrides: [String] = [], reward: EvaluationReward? = nil
    ) throws -> Recipe {
        var node = common.merged(with: arm.node)
        var places = [
            "data.path=\(data)", "model.path=\(model)", "seed=\(seed)",
            "optimizer.lr=\(SettingsValue.decimal(rate))",
        ]
        if let given = pairs?.given {
            let member = SettingsNode.Member(key: "data", place: given.place, value: given)
            node = node.merged(with: SettingsNode(content: .section([member]), place: given.place))
            if pairs?.isScored == true, let reward { places += reward.recipeKeys.map { "reward.\($0)=\($1)" } }
        } else {
            places.append("data.kind=folder")
        }
        var recipe = try Recipe(node, name: name, overrides: places + overrides)
        if !overrides.contains(where: { $0.hasPrefix("objective.beta=") }) { recipe.objective.beta *= betaFactor }
        recipe.name = name
        return recipe
    }
}

extension EvaluationReward {
    /// The keys of a recipe's section `reward`.
    fileprivate var recipeKeys: [(String, String)] {
        [("kind", kind.name), ("model", files.model)] + files.parts.map { ($0.part.rawValue, $0.value) }
    }
}
