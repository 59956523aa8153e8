import Core
import Testing
import Training

@testable import Studies

/// A plan of two arms.
enum PlanSamples {
    static let plan = """
        name: small
        seeds: [1, 2]
        scorer: scorer
        bases:
          one: {path: base}
          two: {recipe: base.yaml, set: [training.steps=3]}
        pairs:
          plain: {base: one, count: 8}
          wide: {base: two, count: 8, candidates: 4, choose: widest, noise: 0.25}
        tuning: {lr: [3.0e-5, 1.0e-4], beta: [0.5, 2]}
        common:
          data: {size: 16}
          optimizer: {schedule: constant}
          training: {steps: 4, pairs_per_step: 2}
        arms:
          dpo: {title: DPO, objective: {name: dpo, beta: 100}}
          smpo: {objective: {name: smpo, beta: 100}, inversion: {steps: 3}}
        comparisons: [[smpo, dpo]]
        sweeps:
          gamma: {arm: smpo, key: objective.gamma, values: [2.5, 40]}
          beta: {arm: smpo, key: objective.beta, values: [7]}
        conditions:
          wide: {title: wide pairs, arms: [smpo]}
        """

    static func parsed() throws -> AblationPlan { try AblationPlan.parse(plan, file: "plan.yaml") }
}

@Suite struct AblationPlanTests {
    @Test func whatAPlanSays() throws {
        let plan = try PlanSamples.parsed()
        #expect(plan.seeds == [1, 2] && plan.tuningSeed == 0 && plan.rates == [3e-5, 1e-4])
        #expect(plan.bases[0].origin == .folder("base"))
        #expect(plan.bases[1].origin == .recipe("base.yaml", overrides: ["training.steps=3"]))
        let wide = plan.pairs("wide")
        #expect(wide.candidates == 4 && wide.choice == .widest && wide.noise == 0.25 && wide.variety == 0.5)
        #expect(plan.arm("dpo").title == "DPO" && plan.arm("smpo").title == "smpo")
        #expect(plan.sweeps[0].values == ["2.5", "40"])
        #expect(plan.conditions == [.init(pairs: "wide", title: "wide pairs", arms: ["smpo"])])
    }

    /// The plans of this repository can be run: every arm under every sweep. Both compare the same arms in the same order.
    @Test func thePlansHere() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let plans = try ["paper-tables", "paper-tables-short"].map {
            try AblationPlan.read("/\(folder)/Manifests/recipes/\($0).yaml")
        }
        #expect(plans[0].seeds.count >= 3 && plans[0].arms.starts(with: plans[1].arms) { $0.name == $1.name })
        let arms = plans[1].arms.map(\.name)
        #expect(arms == ["dpo", "kto", "mapo", "inpo", "inversion", "renoise", "smpo", "control"])
    }

    /// The arm's section lies over the common one; place, seed and rate are the run's, β is multiplied unless a sweep sets it.
    @Test func anArmsRecipe() throws {
        let plan = try PlanSamples.parsed()
        func recipe(_ overrides: [String]) throws -> Recipe {
            try plan.recipe(
                plan.arm("smpo"), name: "x", data: "pairs/d", model: "models/m", seed: 9, rate: 3e-5, betaFactor: 0.5,
                overrides: overrides)
        }
        let plain = try recipe([])
        #expect(plain.name == "x" && plain.seed == 9 && plain.optimizer.lr == 3e-5)
        #expect(plain.data.source == .folder(path: "pairs/d", dropUnreadable: false) && plain.data.size == 16)
        #expect(plain.model == .folder(path: "models/m") && plain.training.pairsPerStep == 2)
        #expect(plain.objective.name == "smpo" && plain.objective.beta == 50 && plain.inversion?.steps == 3)
        #expect(try recipe(["objective.gamma=2.5"]).objective.gamma == 2.5)
        #expect(try recipe(["objective.beta=7"]).objective.beta == 7)
        #expect(try Recipe.parse(plain.yaml, file: "x.yaml") == plain)
    }

    @Test(arguments: [
        ("seeds: [1, 2]", "seeds: [1, two]", "2:12: key \"seeds[1]\": expected an integer"),
        ("seeds: [1, 2]", "seeds: [0, 2]", "expected a seed that no reported run has"),
        ("{name: dpo, beta: 100}", "{name: pickscore}", "dpo trains a scorer"),
        ("base: one", "base: on", "did you mean \"one\"?"),
        ("[[smpo, dpo]]", "[[smpo, dpoo]]", "did you mean \"dpo\"?"),
        ("[[smpo, dpo]]", "[[smpo]]", "expected a list of two arms"),
        ("beta: 100}, inv", "betta: 100}, inv", "unknown key \"objective.betta\"; did you mean \"beta\"?"),
        ("key: objective.gamma", "key: objective.gama", "unknown key \"objective.gama\""),
        ("choose: widest", "choose: wide", "did you mean \"widest\"?"),
        ("lr: [3.0e-5, 1.0e-4]", "lr: [0]", "expected a number above 0"),
        ("tuning: {", "tunings: {", "unknown key \"tunings\"; did you mean \"tuning\"?"),
        ("  wide: {title", "  broad: {title", "one of plain, wide"),
    ])
    func mistakesNameThePlace(right: String, wrong: String, message: String) throws {
        let text = PlanSamples.plan.replacing(right, with: wrong)
        #expect(text != PlanSamples.plan)
        let error = try #require(throws: SettingsError.self) { try AblationPlan.parse(text, file: "plan.yaml") }
        #expect(error.description.contains("plan.yaml:") && error.description.contains(message), "\(error)")
    }
}
