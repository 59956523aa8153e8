import Core
import Datasets
import Jobs
import Training

/// The jobs of a plan.
package struct AblationJobs: Sendable {
    /// The plan.
    package let plan: AblationPlan
    /// The digests of the folders that were copied: bases by name, and the scorer.
    let bases: [String: Digest], scorer: Digest

    /// The folder of the reward model, below the ablation's.
    package static let scorerFolder = "scorer"

    /// The jobs of `plan`, whose bases and scorer have these contents; of a base that is trained, its recipe's digest.
    package init(_ plan: AblationPlan, bases: [String: Digest], scorer: Digest) {
        (self.plan, self.bases, self.scorer) = (plan, bases, scorer)
    }

    /// The folder of a base, below the ablation's.
    package static func model(_ base: String) -> String { "models/\(base)" }

    /// The training of a base by the recipe that its origin names, as it was read; with all workers, since it runs
    /// alone.
    package func training(of base: AblationPlan.Base, _ recipe: Recipe) -> Job {
        let (name, file) = ("base-\(base.name)", "recipes/base-\(base.name).yaml")
        let run = "\(name)-\(Digest.of(.document, recipe.json).hex.prefix(6))"
        return Job(
            name, on: [bases[base.name]!], files: [(file, recipe.yaml)], run: run,
            [Command(["train", file, "--record", "steps", "--name", run, "--json", "--out", Self.model(base.name)])])
    }

    /// The making of pairs.
    package func generation(_ pairs: AblationPlan.Pairs, seed: UInt64) -> Job {
        Job(
            "pairs-\(pairs.name)-s\(seed)", on: [bases[pairs.base]!, scorer],
            [
                Command([
                    "data", "generate", "--model", Self.model(pairs.base), "--scorer", Self.scorerFolder,
                    "--pairs", "\(pairs.count)", "--seed", "\(seed)", "--steps", "\(plan.samplingSteps)",
                    "--candidates", "\(pairs.candidates)", "--choose", pairs.choice.rawValue,
                    "--variety", "\(pairs.variety)", "--noise", "\(pairs.noise)", "--ties", "\(pairs.ties)",
                    "--out", folder(pairs, seed), "--replace", "--json", "--workers", "1",
                ])
            ])
    }

    private func folder(_ pairs: AblationPlan.Pairs, _ seed: UInt64) -> String { "pairs/\(pairs.name)-s\(seed)" }

    /// A base's drawings, for the captions of a split and the noise of a seed.
    package func drawings(of base: String, _ split: ShapesSplit, seed: UInt64) -> Job {
        Job(
            "draw-\(base)-\(split.rawValue)-s\(seed)", on: [bases[base]!, scorer],
            [judging(Self.model(base), split, seed: seed)])
    }

    /// The training of an arm, and what it draws then.
    package func training(_ run: AblationRun) throws -> Job {
        let pairs = plan.pairs(run.pairs)
        let recipe = try recipe(run)
        let settings = run.overrides.map { "-" + $0.replacing(/[^A-Za-z0-9]+/, with: "-").lowercased() }.joined()
        let kind = run.purpose == .tuning ? "tune" : run.pairs
        let title = "\(kind)-\(run.arm)-\(Self.word(run.rate))-b\(Self.word(run.betaFactor))-s\(run.seed)\(settings)"
        let sources = [generation(pairs, seed: run.seed).key, bases[pairs.base]!]
        let name = "\(title)-\(Digest.of(.document, [.digest(sources[0]), recipe.json]).hex.prefix(6))"
        let file = "recipes/\(name).yaml"
        var train = ["train", file, "--record", "steps", "--name", name, "--json", "--workers", "1"]
        if run.purpose == .table {
            train += [
                "--reward-every", "\(plan.curveEvery)", "--reward-captions", "\(plan.curveCaptions)",
            ]
        }
        return Job(
            title, on: sources, files: [(file, recipe.yaml)], run: name,
            [
                Command(train),
                judging(".smpo/runs/\(name)", run.purpose == .tuning ? .validation : .test, seed: run.seed),
            ])
    }

    /// The recipe of a run, as it stands in the ablation's folder.
    package func recipe(_ run: AblationRun) throws -> Recipe {
        let pairs = plan.pairs(run.pairs)
        return try plan.recipe(
            plan.arm(run.arm), name: run.arm, data: folder(pairs, run.seed), model: Self.model(pairs.base),
            seed: run.seed, rate: run.rate, betaFactor: run.betaFactor, overrides: run.overrides)
    }

    /// The audit of one part of a recorded run, drawn by its chain head, which nobody could know beforehand.
    package func audit(of job: Job) -> Job {
        Job(
            "audit-\(job.name)", on: [job.key],
            [Command(["audit", job.run ?? "", "--sample", "1", "--jobs", "1", "--json", "--workers", "1"])])
    }

    /// Held-out pictures of a run's model, those of its base above them.
    package func grid(_ job: Job, base: String, arm: String, seed: UInt64) -> Job {
        Job(
            "grid-\(arm)", on: [job.key],
            [
                Command([
                    "sample", "--model", ".smpo/runs/\(job.run ?? "")", "--against", Self.model(base), "--seed",
                    "\(seed)", "--steps", "\(plan.samplingSteps)", "--out", "grids/\(arm).png", "--workers", "1",
                ])
            ])
    }

    private func judging(_ model: String, _ split: ShapesSplit, seed: UInt64) -> Command {
        let captions = split == .validation ? plan.validationCaptions : plan.testCaptions
        return Command([
            "eval", "--model", model, "--scorer", Self.scorerFolder, "--split", split.rawValue, "--captions",
            "\(captions)", "--steps", "\(plan.samplingSteps)", "--seeds", "\(seed)", "--json", "--workers", "1",
        ])
    }

    /// A number as part of a run's name.
    private static func word(_ value: Double) -> String {
        SettingsValue.decimal(value).replacing(".0e", with: "e").replacing(/\.0$/, with: "").replacing(".", with: "-")
    }
}
