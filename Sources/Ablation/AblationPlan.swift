import Datasets
import Digests
import Training

/// Which arms are compared, on what, and how each is tuned: a YAML file such as `Manifests/recipes/paper-tables.yaml`.
///
/// Every arm is a recipe: the section `common` with the arm's own section over it. Each is tuned over the same grid of
/// learning rates and of multiples of its own β, with the tuning seed's pairs, by the reward on validation captions, and
/// reported on test captions over `seeds`, which vary pairs, votes, order and noise.
public struct AblationPlan: Sendable {
    /// A model that arms start from.
    public struct Base: Sendable, Equatable {
        /// Where it comes from.
        public enum Origin: Sendable, Equatable {
            /// A folder in diffusers' layout.
            case folder(String)
            /// A recipe that is trained first, with overrides.
            case recipe(String, overrides: [String])
        }

        /// Its name in the plan.
        public var name: String
        /// Where it comes from.
        public var origin: Origin
    }

    /// A set of self-made pairs, once a seed.
    public struct Pairs: Sendable, Equatable {
        /// Its name in the plan.
        public var name: String
        /// The base that draws, and that arms on these pairs start from.
        public var base: String
        /// Pairs to make.
        public var count: Int
        /// Pictures drawn for each caption, and which two are kept.
        public var candidates: Int, choice: PairGeneration.Settings.Choice
        /// Simulated people: how their tastes differ, how unsure they are, how readily they call it a tie.
        public var variety: Double, noise: Double, ties: Double
    }

    /// One row of the table.
    public struct Arm: Sendable {
        /// Its name in the plan and in runs' names.
        public var name: String
        /// What the table calls it.
        public var title: String
        let node: RecipeNode
    }

    /// Values of one key, tried with an arm as it was tuned.
    public struct Sweep: Sendable, Equatable {
        /// Its name in the plan.
        public var name: String
        /// The arm.
        public var arm: String
        /// The recipe's key.
        public var key: String
        /// The values as they are written.
        public var values: [String]
    }

    /// Other circumstances under which some arms are compared again, as they were tuned.
    public struct Condition: Sendable, Equatable {
        /// The pairs that differ from the table's.
        public var pairs: String
        /// What the table calls it.
        public var title: String
        /// The arms.
        public var arms: [String]
    }

    /// The plan's name.
    public var name: String
    /// Seeds of the reported runs.
    public var seeds: [UInt64]
    /// The seed of the tuning runs.
    public var tuningSeed: UInt64
    /// Folder of the reward model that labels pairs.
    public var scorer: String
    /// Models to start from.
    public var bases: [Base]
    /// Sets of pairs; the first is the table's.
    public var pairs: [Pairs]
    /// DDIM steps of drawing pairs and of judging.
    public var samplingSteps: Int
    /// Captions that tuning is judged on, and that the table reports.
    public var validationCaptions: Int, testCaptions: Int
    /// Steps between two points of the reward curve, and the validation captions that each is judged on.
    public var curveEvery: Int, curveCaptions: Int
    /// The grid: learning rates, and multiples of an arm's β.
    public var rates: [Double], betaFactors: [Double]
    /// The rows.
    public var arms: [Arm]
    /// Arms held against each other, the second being what the first is expected to improve on.
    public var comparisons: [(String, String)]
    /// Values of single keys.
    public var sweeps: [Sweep]
    /// Other circumstances.
    public var conditions: [Condition]
    /// What is common to all arms' recipes.
    let common: RecipeNode

    /// The pairs called `name`. - Precondition: the plan has them.
    public func pairs(_ name: String) -> Pairs { pairs.first { $0.name == name }! }
    /// The arm called `name`. - Precondition: the plan has it.
    public func arm(_ name: String) -> Arm { arms.first { $0.name == name }! }
}

extension AblationPlan {
    /// The recipe of an arm on pairs in the folder `data`, from the model in the folder `model`.
    /// - Parameters:
    ///   - rate: the learning rate.
    ///   - betaFactor: what the arm's own β is multiplied by.
    ///   - overrides: further keys.
    /// - Throws: `RecipeError` that names the place in the plan.
    public func recipe(
        _ arm: Arm, name: String, data: String, model: String, seed: UInt64, rate: Double, betaFactor: Double,
        overrides: [String] = []
    ) throws -> Recipe {
        let node = common.merged(with: arm.node)
        let places = [
            "data.kind=folder", "data.path=\(data)", "model.path=\(model)", "seed=\(seed)",
            "optimizer.lr=\(RecipeValue.decimal(rate))",
        ]
        var recipe = try Recipe(node, name: name, overrides: places + overrides)
        if !overrides.contains(where: { $0.hasPrefix("objective.beta=") }) { recipe.objective.beta *= betaFactor }
        recipe.name = name
        return recipe
    }
}
