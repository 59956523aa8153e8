import Core
import Preferences
import Testing

@testable import Training

/// The keys of each optimiser, of each schedule, and of the averages: defaults, what is refused, and that the resolved
/// recipe comes back.
@Suite struct OptimizerRecipeTests {
    private static func text(_ optimizer: String, _ training: String, _ objective: String) -> String {
        RecipeSamples.smpo.replacing("  name: smpo", with: "  name: \(objective)")
            .replacing("  lr: 3e-5", with: "  {lr: 3e-5\(optimizer)}")
            .replacing("  steps: 60\n  pairs_per_step: 8", with: "  {steps: 60, pairs_per_step: 8\(training)}")
    }

    private func recipe(_ optimizer: String, training: String = "", objective: String = "smpo") throws -> Recipe {
        try Recipe.parse(Self.text(optimizer, training, objective), file: "x.yaml")
    }

    private func failure(_ optimizer: String, training: String = "", objective: String = "smpo") -> String {
        RecipeSamples.failure(Self.text(optimizer, training, objective))
    }

    /// transformers' and PyTorch's, but for the weight decay, which is the public codes'.
    @Test func defaults() throws {
        let adafactor = try recipe(", name: adafactor")
        #expect(adafactor.optimizer.clip == 1)
        #expect(
            adafactor.optimizer.settings as? Adafactor.Settings
                == Adafactor.Settings(clipThreshold: 1, decayRate: -0.8, eps: 1e-30, weightDecay: 0.01))
        func sgd(_ keys: String) throws -> SGD.Settings? {
            try recipe(", name: sgd" + keys).optimizer.settings as? SGD.Settings
        }
        #expect(try sgd("") == SGD.Settings(momentum: 0, weightDecay: 0))
        #expect(try recipe("").optimizer.settings as? AdamW.Settings == AdamW.Settings())
        #expect(try sgd(", momentum: 0.9, weight_decay: 0.1") == SGD.Settings(momentum: 0.9, weightDecay: 0.1))
        let restarts = try recipe(", schedule: cosine_with_restarts").learningRate
        #expect(restarts.schedule == .cosineWithRestarts && restarts.cycles == 1 && restarts.total == 60)
        let polynomial = try recipe(", schedule: polynomial, power: 2, warmup: 5").learningRate
        #expect(polynomial.power == 2 && polynomial.end == 1e-7 && polynomial.warmup == 5)
    }

    /// The rate of one pair times the pairs of a step.
    @Test func scaledRates() throws {
        #expect(try recipe(", scale_lr: true").learningRate.base == 3e-5 * 8)
        #expect(try recipe(", scale_lr: false").learningRate.base == 3e-5)
        // Only the product has to lie above the end.
        #expect(try recipe(", scale_lr: true, schedule: polynomial, lr_end: 4e-5").learningRate.end == 4e-5)
    }

    @Test(arguments: [
        ", name: adafactor", ", name: adafactor, clip_threshold: 0.5, decay_rate: -1", ", name: sgd, momentum: 0.5",
        ", schedule: linear, scale_lr: true", ", schedule: cosine_with_restarts, cycles: 3",
        ", schedule: polynomial, power: 0.5, lr_end: 0", ", name: adafactor, schedule: polynomial, scale_lr: true",
    ])
    func comesBack(optimizer: String) throws {
        for training in ["", ", ema: 0.9, ema_every: 20", ", reference_ema: 0.999, reference_ema_every: 3"] {
            let recipe = try recipe(optimizer, training: training)
            let stored = try JSONValue.parse(recipe.json.canonicalBytes, file: "manifest.json")
            #expect(try Recipe(json: JSONCursor(stored, name: "recipe")) == recipe)
            #expect(try Recipe.parse(recipe.yaml, file: "y.yaml") == recipe)
        }
    }

    /// Keys of one optimiser or schedule are in no manifest of another; the newer keys in none that does not have them.
    @Test func onlyItsOwnKeysAreWritten() throws {
        func keys(_ optimizer: String, training: String = "", _ section: String = "optimizer") throws -> [String] {
            guard case .object(let root) = try recipe(optimizer, training: training).json,
                case .object(let members)? = root[section]
            else { return [] }
            return members.map(\.key).sorted()
        }
        let common = ["clip", "lr", "name", "schedule", "warmup", "weight_decay"]
        let adamw = (common + ["betas", "eps"]).sorted()
        #expect(try keys("") == adamw)
        #expect(try keys(", scale_lr: false, schedule: linear") == adamw)
        #expect(try keys(", scale_lr: true") == (adamw + ["scale_lr"]).sorted())
        #expect(try keys(", schedule: cosine_with_restarts") == (adamw + ["cycles"]).sorted())
        #expect(try keys(", schedule: polynomial") == (adamw + ["lr_end", "power"]).sorted())
        #expect(try keys(", name: adafactor") == (common + ["clip_threshold", "decay_rate"]).sorted())
        #expect(try keys(", name: sgd") == (common + ["momentum"]).sorted())
        let plain = try keys("", "training")
        #expect(!plain.contains { $0.contains("every") || $0.contains("reference") })
        #expect(try keys("", training: ", ema: 0.9, ema_every: 1", "training") == plain)
        #expect(try keys("", training: ", ema: 0.9, ema_every: 2", "training") == (plain + ["ema_every"]).sorted())
        #expect(
            try keys("", training: ", reference_ema: 0.9", "training")
                == (plain + ["reference_ema", "reference_ema_every"]).sorted())
        #expect(try recipe("", training: ", reference_ema: 0.9").training.referenceEMAEvery == 20)
    }

    @Test(arguments: [
        (
            ", name: adafactor, betas: [0.9, 0.9]",
            "9:31: key \"optimizer.betas\": expected nothing with optimizer.name: adafactor, found a list"
        ),
        (
            ", name: adafactor, eps: 1",
            "9:31: key \"optimizer.eps\": expected nothing with optimizer.name: adafactor, found 1"
        ),
        (", momentum: 0", "9:14: key \"optimizer.momentum\": expected nothing with optimizer.name: adamw, found 0"),
        (
            ", name: sgd, decay_rate: -1",
            "9:25: key \"optimizer.decay_rate\": expected nothing with optimizer.name: sgd, found -1"
        ),
        (
            ", name: adafactor, decay_rate: 0",
            "9:43: key \"optimizer.decay_rate\": expected a number below 0, found 0"
        ),
        (
            ", name: adafactor, clip_threshold: 0",
            "9:47: key \"optimizer.clip_threshold\": expected a number above 0, found 0"
        ),
        (
            ", name: sgd, momentum: 1",
            "9:35: key \"optimizer.momentum\": expected a number of at least 0 and below 1, found 1"
        ),
        (
            ", schedule: cosine, cycles: 2",
            "9:32: key \"optimizer.cycles\": expected nothing with optimizer.schedule: cosine, found 2"
        ),
        (", power: 2", "9:14: key \"optimizer.power\": expected nothing with optimizer.schedule: constant, found 2"),
        (
            ", schedule: cosine_with_restarts, cycles: 0",
            "9:54: key \"optimizer.cycles\": expected an integer of at least 1, found 0"
        ),
        (
            ", schedule: polynomial, power: 0", "9:43: key \"optimizer.power\": expected a number above 0, found 0"
        ),
        (
            ", schedule: polynomial, lr_end: 1e-4",
            "9:44: key \"optimizer.lr_end\": expected less than the highest learning rate, 3e-05, found 1e-4"
        ),
        (
            ", schedule: linaer",
            "9:24: key \"optimizer.schedule\": expected constant, constant_with_warmup, linear, cosine, "
                + "cosine_with_restarts or polynomial, found the text \"linaer\"; did you mean \"linear\"?"
        ),
        (", scale_lr: 8", "9:24: key \"optimizer.scale_lr\": expected true or false, found 8"),
    ])
    func misplacedOrWrong(optimizer: String, message: String) {
        #expect(failure(optimizer) == "x.yaml:\(message)")
    }

    /// A default that does not fit is named too.
    @Test func anEndAboveTheRate() {
        #expect(failure(", schedule: polynomial") == "no error")
        let low = RecipeSamples.smpo.replacing("  lr: 3e-5", with: "  {lr: 1e-8, schedule: polynomial}")
        #expect(
            RecipeSamples.failure(low)
                == "x.yaml:8:1: key \"optimizer.lr_end\": expected less than the highest learning rate, 1e-08, found 1e-07"
        )
    }

    @Test func averagesThatMeanNothing() {
        func training(_ keys: String, objective: String = "smpo") -> String {
            failure("", training: keys, objective: objective)
        }
        #expect(
            training(", ema_every: 2")
                == "x.yaml:11:34: key \"training.ema_every\": expected nothing with training.ema: null, found 2")
        #expect(
            training(", reference_ema_every: 2").hasSuffix("expected nothing with no training.reference_ema, found 2"))
        for objective in ["sft", "mapo"] {
            #expect(
                training(", reference_ema: 0.9", objective: objective)
                    == "x.yaml:11:34: key \"training.reference_ema\": expected nothing with objective.name: \(objective), "
                    + "found 0.9")
        }
        for objective in ["smpo", "dpo", "kto", "inpo"] {
            #expect(training(", reference_ema: 0.9", objective: objective) == "no error")
        }
        #expect(training(", reference_ema: 1").hasSuffix("expected a number between 0 and 1, or null, found 1"))
        #expect(training(", ema: 0.9, ema_every: 0").hasSuffix("expected an integer of at least 1, found 0"))
    }

    /// The formulas of four subtract a reference's errors.
    @Test func whoHasAReference() {
        #expect(ObjectiveKind.all.filter(\.usesReference).map(\.name) == ["smpo", "dpo", "kto", "inpo"])
    }
}
