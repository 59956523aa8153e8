import Core
import Datasets
import Jobs
import Preferences
import Training

/// The jobs of a plan.
package struct AblationJobs: Sendable {
    /// The plan.
    package let plan: AblationPlan
    /// What the ablation's folder holds.
    package let inputs: AblationInputs

    /// The folder of the reward model, below the ablation's.
    package static let scorerFolder = "scorer"

    /// The jobs of `plan`, whose runs begin from `inputs`.
    package init(_ plan: AblationPlan, _ inputs: AblationInputs) { (self.plan, self.inputs) = (plan, inputs) }

    /// What every command ends with; where there is room for more workers, its runner says so.
    package static let oneWorker = ["--workers", "1"]

    /// The folder of a base, below the ablation's.
    package static func model(_ base: String) -> String { "models/\(base)" }

    /// The training of a base by the recipe that its origin names, as it was read; with all workers, since it runs
    /// alone.
    package func training(of base: AblationPlan.Base, _ recipe: Recipe) -> Job {
        let (name, file) = ("base-\(base.name)", "recipes/base-\(base.name).yaml")
        let run = "\(name)-\(Digest.of(.document, recipe.json).hex.prefix(6))"
        var job = Job(
            name, on: [inputs.bases[base.name]!], files: [(file, recipe.yaml)], run: run,
            [Command(["train", file, "--record", "steps", "--name", run, "--json", "--out", Self.model(base.name)])])
        job.leaves = [Self.model(base.name)]
        return job
    }

    /// The making of pairs; nil where they are given.
    package func generation(_ pairs: AblationPlan.Pairs, seed: UInt64) -> Job? {
        guard pairs.given == nil else { return nil }
        var words = ["data", "generate", "--model", Self.model(pairs.base)]
        var sources = [inputs.bases[pairs.base]!, inputs.labeller ?? inputs.scorer]
        if let judging = plan.judging, let place = judging.rewards.firstIndex(where: { $0.kind == judging.scorer.kind })
        {
            words += ["--scorer", judging.words(of: inputs.rewards[place])] + plan.drawing.options
        } else {
            words += ["--scorer", Self.scorerFolder, "--steps", "\(plan.samplingSteps)"]
        }
        words += [
            "--pairs", "\(pairs.count)", "--seed", "\(seed)", "--candidates", "\(pairs.candidates)", "--choose",
            pairs.choice.rawValue,
        ]
        if let captions = inputs.prompts[AblationInputs.captions(pairs.name)] {
            words += ["--captions", captions.path, "--labels", "scores"]
            sources.append(captions.digest)
        } else {
            words += ["--variety", "\(pairs.variety)", "--noise", "\(pairs.noise)", "--ties", "\(pairs.ties)"]
        }
        words += ["--out", folder(pairs, seed), "--replace", "--json"] + Self.oneWorker
        var job = Job("pairs-\(pairs.name)-s\(seed)", on: sources, [Command(words)])
        job.leaves = [folder(pairs, seed)]
        return job
    }

    private func folder(_ pairs: AblationPlan.Pairs, _ seed: UInt64) -> String {
        inputs.data[pairs.name]?.path ?? "pairs/\(pairs.name)-s\(seed)"
    }

    /// What a training on these pairs builds on, besides its recipe.
    private func sources(_ pairs: AblationPlan.Pairs, _ seed: UInt64) -> [Digest] {
        var sources = [generation(pairs, seed: seed)?.key, inputs.data[pairs.name]?.digest].compactMap(\.self)
        if pairs.isScored { sources.append(inputs.labeller ?? inputs.scorer) }
        return sources + [inputs.bases[pairs.base]!]
    }

    /// The latents of pairs, and their scores, which all arms share; nil where a training needs none.
    package func encoding(_ pairs: AblationPlan.Pairs, seed: UInt64) throws -> Job? {
        guard inputs.latent.contains(pairs.base), let arm = plan.arms.first else { return nil }
        let recipe = try recipe(
            AblationRun(arm: arm.name, pairs: pairs.name, seed: seed, rate: plan.rates[0], betaFactor: 1))
        let file = "recipes/latents-\(pairs.name)-s\(seed).yaml"
        var commands = [Command(["data", "encode", file] + Self.oneWorker)]
        if pairs.isScored { commands.append(Command(["data", "encode", file, "--rewards"] + Self.oneWorker)) }
        var job = Job(
            "latents-\(pairs.name)-s\(seed)", on: sources(pairs, seed), files: [(file, recipe.yaml)], commands)
        job.leaves = [".smpo/latents/", ".smpo/scores/"]
        return job
    }

    /// A base's drawings, for the captions of a split and the noise of a seed.
    package func drawings(of base: String, _ split: ShapesSplit, seed: UInt64) -> Job {
        Job(
            "draw-\(base)-\(split.rawValue)-s\(seed)", on: [inputs.bases[base]!] + judges(split),
            [judging(Self.model(base), split, seed: seed)])
    }

    /// The training of an arm, and what it draws then.
    package func training(_ run: AblationRun) throws -> Job {
        let pairs = plan.pairs(run.pairs)
        let recipe = try recipe(run)
        let settings = run.overrides.map { "-" + $0.replacing(/[^A-Za-z0-9]+/, with: "-").lowercased() }.joined()
        let kind = run.purpose == .tuning ? "tune" : run.pairs
        let title = "\(kind)-\(run.arm)-\(Self.word(run.rate))-b\(Self.word(run.betaFactor))-s\(run.seed)\(settings)"
        let sources = sources(pairs, run.seed)
        // Given pairs say nothing of base and reward model: a run from other ones has another name.
        let named = pairs.given == nil ? [sources[0]] : sources
        let name =
            "\(title)-\(Digest.of(.document, .array(named.map { .digest($0) } + [recipe.json])).hex.prefix(6))"
        let file = "recipes/\(name).yaml"
        let split: ShapesSplit = run.purpose == .tuning ? .validation : .test
        var train = ["train", file, "--record", "steps", "--name", name, "--json"] + Self.oneWorker
        if run.purpose == .table, plan.judging == nil {
            train += [
                "--reward-every", "\(plan.curveEvery)", "--reward-captions", "\(plan.curveCaptions)",
            ]
        }
        var job = Job(
            title, on: sources + (plan.judging == nil ? [] : judges(split)), files: [(file, recipe.yaml)], run: name,
            [Command(train), judging(".smpo/runs/\(name)", split, seed: run.seed)])
        job.leaves = [".smpo/runs/\(name)"]
        return job
    }

    /// The recipe of a run, as it stands in the ablation's folder.
    package func recipe(_ run: AblationRun) throws -> Recipe {
        let pairs = plan.pairs(run.pairs)
        return try plan.recipe(
            plan.arm(run.arm), name: run.arm, on: pairs, data: folder(pairs, run.seed),
            model: Self.model(pairs.base), seed: run.seed, rate: run.rate, betaFactor: run.betaFactor,
            overrides: run.overrides, reward: scorer)
    }

    /// The audit of one part of a recorded run, drawn by its chain head, which nobody could know beforehand.
    package func audit(of job: Job) -> Job {
        Job(
            "audit-\(job.name)", on: [job.key],
            [Command(["audit", job.run ?? "", "--sample", "1", "--jobs", "1", "--json"] + Self.oneWorker)])
    }

    /// Held-out pictures of a run's model beside those of its base: a grid, or a page with the scores.
    package func pictures(_ job: Job, base: String, arm: String, seed: UInt64) -> Job {
        let run = ".smpo/runs/\(job.run ?? "")"
        guard plan.judging == nil else {
            var command = judging(run, .test, seed: seed).arguments
            command.removeLast(Self.oneWorker.count)
            command += ["--reference", Self.model(base), "--page", "pages/\(arm).html"] + Self.oneWorker
            var page = Job("page-\(arm)", on: [job.key] + judges(.test), [Command(command)])
            page.leaves = ["pages/\(arm).html"]
            return page
        }
        var grid = Job(
            "grid-\(arm)", on: [job.key],
            [
                Command(
                    [
                        "sample", "--model", run, "--against", Self.model(base), "--seed", "\(seed)", "--steps",
                        "\(plan.samplingSteps)", "--out", "grids/\(arm).png",
                    ] + Self.oneWorker)
            ])
        grid.leaves = ["grids/\(arm).png"]
        return grid
    }

    /// The reward model that scores given pairs, where it lies in the folder.
    private var scorer: EvaluationReward? {
        plan.judging.flatMap { judging in inputs.rewards.first { $0.kind == judging.scorer.kind } }
    }

    /// What a judgement builds on, besides the model.
    private func judges(_ split: ShapesSplit) -> [Digest] {
        [inputs.scorer] + [inputs.prompts[Self.prompts(split)]?.digest].compactMap(\.self)
    }

    private static func prompts(_ split: ShapesSplit) -> String {
        split == .validation ? AblationInputs.validation : AblationInputs.test
    }

    private func judging(_ model: String, _ split: ShapesSplit, seed: UInt64) -> Command {
        guard let judging = plan.judging, let prompts = inputs.prompts[Self.prompts(split)] else {
            let captions = split == .validation ? plan.validationCaptions : plan.testCaptions
            return Command(
                [
                    "eval", "--model", model, "--scorer", Self.scorerFolder, "--split", split.rawValue, "--captions",
                    "\(captions)", "--steps", "\(plan.samplingSteps)", "--seeds", "\(seed)", "--json",
                ] + Self.oneWorker)
        }
        let count = split == .validation ? judging.validation?.count : judging.test.count
        return Command(
            ["eval", "--prompts", prompts.path, "--model", model]
                + inputs.rewards.flatMap { ["--rewards", judging.words(of: $0)] } + plan.drawing.options
                + (count.map { ["--count", "\($0)"] } ?? []) + ["--seed", "\(seed)", "--json"] + Self.oneWorker)
    }

    /// A number as part of a run's name.
    private static func word(_ value: Double) -> String {
        SettingsValue.decimal(value).replacing(".0e", with: "e").replacing(/\.0$/, with: "").replacing(".", with: "-")
    }
}

extension PromptJudging {
    /// A reward model as `--rewards` of a command has it.
    fileprivate func words(of reward: EvaluationReward) -> String {
        let (kind, files) = (reward.kind, reward.files)
        let parts = files.parts.map { ",\(kind.name).\($0.part.rawValue)=\($0.value)" }
        // What is not said follows from the file of prompts.
        return "\(kind.name)=\(files.model)" + parts.joined()
            + (encoded.contains(kind.name) ? ",\(kind.name).pictures=\(reward.encoding.rawValue)" : "")
    }
}
