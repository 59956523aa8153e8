import Core
import Preferences
import Testing

@testable import Training

/// The keys of each objective: defaults, what is refused, and that the resolved recipe comes back.
@Suite struct ObjectiveRecipeTests {
    private static func text(_ objective: String, _ more: String = "") -> String {
        RecipeSamples.smpo.replacing("  name: smpo", with: "  {\(objective)}") + "\n\(more)"
    }

    private func recipe(_ objective: String, _ more: String = "") throws -> Recipe {
        try Recipe.parse(Self.text(objective, more), file: "x.yaml")
    }

    /// β and the rest are the public codes', InPO's β that of SD1.5.
    @Test func defaults() throws {
        for (name, beta) in [("dpo", 5000), ("kto", 1000), ("mapo", 0.1), ("inpo", 2000)] {
            let recipe = try recipe("name: \(name)")
            #expect(
                recipe.objective.beta == beta && recipe.objective.winner == .human && recipe.objective.ties == .drop)
            #expect((recipe.inversion != nil) == (name == "inpo"))
            #expect((recipe.objective.settings is DPO.Settings) == (name == "dpo"))
            #expect((recipe.objective.settings is KTO.Settings) == (name == "kto"))
            #expect((recipe.objective.settings is MaPO.Settings) == (name == "mapo"))
        }
        let dpo = try #require(try recipe("name: dpo").objective.settings as? DPO.Settings)
        #expect(dpo.form == .sigmoid)
        let kto = try #require(try recipe("name: kto").objective.settings as? KTO.Settings)
        #expect(kto.utility == .sigmoid && kto.kl == .batch && kto.lambdaGood == 1 && kto.lambdaBad == 1)
        #expect(kto.positiveRatio == 0.8)
        let mapo = try #require(try recipe("name: mapo").objective.settings as? MaPO.Settings)
        #expect(mapo.temperature == 1000 && mapo.snr == 0.5)
    }

    @Test func theObjectiveThatIsMade() throws {
        func made<Made>(_ objective: String, _ type: Made.Type) throws -> Made {
            try #require(try recipe(objective).objective.make(elements: 768) as? Made)
        }
        let dpo = try made("name: dpo, beta: 7, loss: ipo", DPO.self)
        #expect(dpo.beta == 7 && dpo.form == .ipo)
        let kto = try made(
            "name: kto, utility: risk_seeking_2, kl: classes, lambda_good: 2, lambda_bad: 0.5", KTO.self)
        #expect(kto.utility == .riskSeeking2 && kto.kl == .classes && kto.lambda == (2, 0.5) && kto.beta == 1000)
        let mapo = try made("name: mapo, temperature: 3, snr: 2", MaPO.self)
        #expect(mapo.temperature == 3 && mapo.snr == 2)
        #expect(try made("name: inpo", InPO.self).beta == 2000)
    }

    /// From forward noising to SmPO: each rung is a recipe.
    @Test func theRungsInBetween() throws {
        let plain = try #require(try recipe("name: inpo", "inversion: {noise: 0}").inversion)
        #expect(plain.noise == 0 && plain.renoise == .none && plain.steps == 10 && plain.grid == .exact)
        let official = try #require(try recipe("name: inpo", "inversion: {preset: official}").inversion)
        #expect(official.noise == 0.1 && official.renoise == .none && !official.averages && official.steps == 10)
        #expect(official.grid == .official && official.usesFloat16Levels)
        let inverted = "inversion: {noise: 0, renoise: last, steps: 9, guidance: 2}"
        var corrected = try #require(try recipe("name: inpo", inverted).inversion)
        let smpo = try #require(try recipe("name: smpo", "inversion: {guidance: 2}").inversion)
        #expect(corrected.noiseScale == smpo.noiseScale)
        corrected.noise = nil
        #expect(corrected == smpo)
    }

    @Test(arguments: [
        "name: dpo", "name: dpo, loss: hinge", "name: kto", "name: kto, kl: mismatched, positive_ratio: 0.5",
        "name: dpo, gamma: 5, winner: reward, score_max: 0.4", "name: inpo, gamma: 10",
        "name: mapo", "name: mapo, snr: 0.25", "name: inpo, winner: reward, ties: keep",
    ])
    func comesBack(objective: String) throws {
        let recipe = try recipe(objective)
        let stored = try JSONValue.parse(recipe.json.canonicalBytes, file: "manifest.json")
        #expect(try Recipe(json: JSONCursor(stored, name: "recipe")) == recipe)
        #expect(try Recipe.parse(recipe.yaml, file: "y.yaml") == recipe)
    }

    /// Keys of one objective are in no manifest of another.
    @Test func onlyItsOwnKeysAreWritten() throws {
        func keys(_ objective: String, _ section: String = "objective") throws -> [String] {
            guard case .object(let root) = try recipe(objective).json, case .object(let members)? = root[section] else {
                return []
            }
            return members.map(\.key).sorted()
        }
        let common = ["beta", "name", "ties", "winner"]
        #expect(try keys("name: smpo") == (common + ["errors", "gamma", "score_max", "score_min"]).sorted())
        #expect(try keys("name: dpo") == (common + ["loss"]).sorted())
        #expect(
            try keys("name: dpo, gamma: 10") == (common + ["gamma", "loss", "score_max", "score_min"]).sorted())
        #expect(
            try keys("name: kto")
                == (common + ["kl", "lambda_bad", "lambda_good", "positive_ratio", "utility"]).sorted())
        #expect(try keys("name: mapo") == (common + ["snr", "temperature"]).sorted())
        #expect(try keys("name: inpo") == common)
        #expect(try keys("name: inpo", "inversion").contains("noise"))
        #expect(try !keys("name: smpo", "inversion").contains("noise"))
    }

    @Test(arguments: [
        ("name: kto, gamma: 10", "7:15: key \"objective.gamma\": expected nothing with objective.name: kto, found 10"),
        (
            "name: dpo, score_min: 0",
            "7:15: key \"objective.score_min\": expected nothing with labels without objective.gamma, found 0"
        ),
        (
            "name: dpo, gamma: 10, loss: ipo",
            "7:15: key \"objective.gamma\": expected nothing with objective.loss: ipo, found 10"
        ),
        (
            "name: smpo, loss: hinge",
            "7:16: key \"objective.loss\": expected nothing with objective.name: smpo, found the text \"hinge\""
        ),
        ("name: inpo, snr: 1", "7:16: key \"objective.snr\": expected nothing with objective.name: inpo, found 1"),
        (
            "name: mapo, errors: sum",
            "7:16: key \"objective.errors\": expected nothing with objective.name: mapo, found the text \"sum\""
        ),
        (
            "name: sft, positive_ratio: 1",
            "7:15: key \"objective.positive_ratio\": expected nothing with objective.name: sft, found 1"
        ),
        (
            "name: kto, score_min: 1",
            "7:15: key \"objective.score_min\": expected nothing with objective.name: kto, found 1"
        ),
        (
            "name: dpo, loss: hing",
            "7:21: key \"objective.loss\": expected sigmoid, hinge or ipo, found the text \"hing\"; "
                + "did you mean \"hinge\"?"
        ),
        (
            "name: kto, kl: none",
            "7:19: key \"objective.kl\": expected batch, classes or mismatched, found the text \"none\""
        ),
        (
            "name: kto, utility: risk_seeking_4",
            "7:24: key \"objective.utility\": expected sigmoid, loss_averse, risk_seeking_1, risk_seeking_2 or "
                + "risk_seeking_3, found the text \"risk_seeking_4\"; did you mean \"risk_seeking_1\"?"
        ),
        (
            "name: kto, positive_ratio: 1.5",
            "7:31: key \"objective.positive_ratio\": expected a number from 0 to 1, found 1.5"
        ),
        (
            "name: kto, lambda_bad: -1",
            "7:27: key \"objective.lambda_bad\": expected a number of at least 0, found -1"
        ),
        ("name: mapo, temperature: 0", "7:29: key \"objective.temperature\": expected a number above 0, found 0"),
        ("name: mapo, beta: 0", "7:22: key \"objective.beta\": expected a number above 0, found 0"),
        ("name: mapo, temprature: 1", "7:16: unknown key \"objective.temprature\"; did you mean \"temperature\"?"),
    ])
    func misplacedOrWrong(objective: String, message: String) {
        // The sample's section has two blanks before the braces, so the text begins in column 4.
        #expect(RecipeSamples.failure(Self.text(objective)) == "x.yaml:\(message)")
    }

    @Test func inversionsOfOthers() {
        for name in ["dpo", "kto", "mapo"] {
            #expect(
                RecipeSamples.failure(Self.text("name: \(name)", "inversion: {steps: 3}"))
                    == "x.yaml:13:1: key \"inversion\": expected nothing with objective.name: \(name), "
                    + "found a section of keys")
            #expect(
                RecipeSamples.failure(Self.text("name: \(name)"), ["training.train_text_encoder=true"]).hasSuffix(
                    "expected nothing with objective.name: \(name), found true"))
        }
        #expect(
            RecipeSamples.failure(Self.text("name: smpo", "inversion: {noise: 0.1}"))
                == "x.yaml:13:13: key \"inversion.noise\": expected nothing with objective.name: smpo, found 0.1")
        #expect(
            RecipeSamples.failure(Self.text("name: inpo", "inversion: {noise: -1}"))
                == "x.yaml:13:20: key \"inversion.noise\": expected a number of at least 0, found -1")
    }
}
