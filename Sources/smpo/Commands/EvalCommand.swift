import ArgumentParser
import Compute
import Core
import Datasets
import Diffusion
import Foundation
import Jobs
import Preferences
import Studies
import Training

/// `smpo eval`
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract:
            "Judge a model, alone or against another: on files of prompts by reward models, or on the shapes world.",
        discussion: """
            With --prompts a picture of each prompt is drawn by every model, from the same noise, by one sampler where their
            schedules are one, and scored by each of --rewards: medians and means, and, with --reference, how often which
            picture scores higher (equal ones apart), with 95 % bootstrap intervals; by style where the file has styles; and
            the protocol that they came about by. Pictures and scores are kept below .smpo/pictures under digests of all that
            they follow from, and are not made twice: interrupted, the command goes on where it was. With --jobs several
            processes draw and score side by side; the figures are the same.

            --on slurm has tasks draw and score, each a share of the prompts (--jobs; without --prompts each a seed), and
            --on file:JOB writes a folder with a command line a task: run the lines, then the same command again (`smpo job
            --help`). The report is the same. Pictures and scores lie below .smpo/pictures, which all machines have to see.

            --check makes the evaluation of a report (--json) again, with all that it says of how, and compares: prompts, models
            and reward models by their digests, then every picture and every score, bit by bit. Nothing that was kept is used, but
            pictures in --pictures, where that is given, and then it is said.

            Without --prompts: for each seed samples of held-out captions are looked at by a judge that knows the rules of the shapes world
            and took no part in training: right attributes, mean and median reward, mean brightness. --scorer asks a
            reward model about the same pictures.

            With --reference that model draws too, from the same noise, and is compared caption by caption: the win rate
            (a tie counts half) and the mean difference of rewards, each with a 95 % bootstrap interval, and an exact
            sign test. Then follows, for each seed, the share of held-out pairs whose winner the model prefers more than
            the reference does (implicit accuracy) and the mean margin −(β/2)·W·D, with forward noise and with the
            recipe's inversion.

            Of a scorer (a folder with preprocessor_config.json): how many held-out pairs it orders as the generator's
            scores and as the votes do, and, with --reference, how many pairs of samples of one caption by that model
            it orders as the judge does, where chance is one half.

            EXAMPLES
              smpo eval --prompts test.json --model run --reference sd15 --rewards hpsv2
              smpo eval --prompts PartiPrompts.tsv --model sdxl --steps 30 --jobs 4 --rewards imagereward,aesthetic
              smpo eval --prompts test.json --model run --rewards hpsv2 --on slurm --jobs 16
              smpo eval --check report.json --model elsewhere/run --jobs 2
              smpo eval --model .smpo/runs/run-1 --reference Golden/shapes-base
              smpo eval --model Golden/shapes-base --scorer Golden/shapes-pickscore --seeds 1,2,3 --json
              smpo eval --model Golden/shapes-pickscore --reference Golden/shapes-base

            \(ExitStatus.help([.success, .diverged, .trouble, .tampered, .incomparable, .usage, .interrupted]))
            """)

    @Option(help: "Model folder.")
    var model: String?

    @Option(help: "Model folder to compare with; of a scorer, the model whose samples it scores.")
    var reference: String?

    @Option(help: "Folder of a reward model.")
    var scorer: String?

    @Option(help: "Recipe whose β and inversion count for held-out pairs.")
    var recipe = TrainCommand.embedded

    @Option(help: "Seeds of timesteps, noise and samples, separated by commas.")
    var seeds = "1,2,3"

    @Option(help: "Held-out captions: test or validation.")
    var split = ShapesSplit.test

    @Option(help: "Held-out pairs to compare models on; 0 leaves that out.")
    var pairs = 200

    @Option(help: "Held-out captions to sample.")
    var captions = 100

    @Flag(help: "Print the result as JSON, with each caption's reward.")
    var json = false

    @OptionGroup(title: "FILES OF PROMPTS") var prompted: PromptEvaluationOptions

    @OptionGroup(title: "MODEL, WITH --prompts") var modelOptions: ModelOptions

    @OptionGroup(title: "SAMPLER, WITH --prompts; of the shapes world --steps alone") var samplerOptions: SamplerOptions

    @OptionGroup(title: "PROMPTS AND SIZE, WITH --prompts") var promptOptions: PromptOptions

    @OptionGroup var engineOptions: EngineOptions

    @OptionGroup var deviceOptions: DeviceOptions

    @OptionGroup var cluster: ClusterOptions

    private struct Row {
        let seed: UInt64
        /// The model's, and the reference's.
        let samples: [SampleEvaluation.Result]
        let comparison: PairedComparison?
        /// With forward noise, and with the recipe's inversion.
        let preferences: (forward: PreferenceEvaluation.Result, inverted: PreferenceEvaluation.Result)?

        /// Makes the comparison of its samples.
        init(
            seed: UInt64, samples: [SampleEvaluation.Result],
            preferences: (forward: PreferenceEvaluation.Result, inverted: PreferenceEvaluation.Result)?
        ) {
            (self.seed, self.samples, self.preferences) = (seed, samples, preferences)
            comparison =
                samples.count > 1 ? PairedComparison(samples[0].rewards, against: samples[1].rewards) : nil
        }

        /// Reads a member of `seeds` as it is printed. - Throws: `JSONShapeError`.
        init(json cursor: JSONCursor, seed: UInt64) throws {
            let samples = try [cursor["model"], cursor["reference"].present].compactMap(\.self)
            self.init(
                seed: seed, samples: try samples.map { try SampleEvaluation.Result(json: $0) },
                preferences: try cursor["forward"].present.map {
                    (
                        try PreferenceEvaluation.Result(json: $0),
                        try PreferenceEvaluation.Result(json: cursor["inversion"])
                    )
                })
        }
    }

    func validate() throws {
        if split == .training { throw ValidationError("--split: expected test or validation, found \"training\"") }
        if captions < 1 || captions > split.captions.count {
            throw ValidationError("--captions: expected 1 to \(split.captions.count), found \(captions)")
        }
        if model == nil && prompted.check == nil { throw ValidationError("expected --model, or --check") }
        if cluster.isElsewhere, prompted.check != nil, case .file = cluster.on {
            throw ValidationError(
                "--check is made anew each time, and a folder's tasks would be too: expected --on slurm")
        }
        if pairs < 0 { throw ValidationError("--pairs: expected 0 or more, found \(pairs)") }
        if prompted.check != nil {
            if let one = isForShapes { throw ValidationError("\(one) is for the shapes world, which --check is not") }
        } else if prompted.prompts == nil {
            let options = [modelOptions.isForPrompts, samplerOptions.isForPrompts, promptOptions.isForPrompts]
            if let one = options.compactMap(\.self).first { throw ValidationError("\(one) goes with --prompts") }
        } else if let one = isForShapes {
            throw ValidationError("\(one) is for the shapes world: leave it out, or --prompts")
        }
    }

    /// An option that was given and means nothing where prompts of a file are drawn; nil where there is none.
    private var isForShapes: String? {
        [
            ("--scorer", scorer != nil), ("--recipe", recipe != TrainCommand.embedded), ("--seeds", seeds != "1,2,3"),
            ("--split", split != .test), ("--pairs", pairs != 200), ("--captions", captions != 100),
        ].first(where: \.1)?.0
    }

    /// DDIM steps of the shapes world.
    private var steps: Int { samplerOptions.steps ?? 25 }

    func run() throws {
        if let check = prompted.check { return try EvaluationCheckRun(command: self).run(check) }
        if prompted.prompts != nil { return try PromptEvaluationCommand(command: self).run() }
        let numbers = try seeds.split(separator: ",").map { word in
            guard let seed = UInt64(word) else { throw ValidationError("--seeds: \"\(word)\" is not a number") }
            return seed
        }
        if cluster.isElsewhere { return show(try rowsOfTasks(numbers)) }
        let model = model ?? ""
        let engine = try deviceOptions.engine(engineOptions)
        defer { engine.stop() }
        if EvalScorer.isScorer(model) {
            let sampled = try reference.map { try DiffusionModel(path: $0) }
            try sampled?.requirePictures()
            return try EvalScorer(
                scorer: PickScore(path: model), model: sampled, pairs: pairs, captions: captions, steps: steps,
                seeds: numbers, engine: engine
            ).run(json: json)
        }
        let models = try [model, reference].compactMap { $0 }.map { try DiffusionModel(path: $0) }
        for model in models { try model.requirePictures() }
        let scorer = try scorer.map { try PickScore(path: $0).onDrawings(engine) }
        let size = models[0].unet.config.sampleSize ?? 16
        let held = split.captions.prefix(captions)
        let judgement = models.count > 1 && pairs > 0 ? try judgement(models, size, engine) : nil
        let bar = ProgressBar(total: numbers.count, unit: "seed")
        let rows = try numbers.enumerated().map { index, seed in
            let samples = try models.map {
                try SampleEvaluation(model: $0, steps: steps, guidance: 1, eta: 0, engine: engine).run(
                    Array(held), size: size, seed: seed, scorer: scorer)
            }
            let row = Row(
                seed: seed, samples: samples,
                preferences: try judgement.map { (try $0(seed, .forward), try $0(seed, .inversion)) })
            bar.update(index + 1)
            return row
        }
        bar.finish()
        show(rows)
    }

    private func show(_ rows: [Row]) {
        let all =
            reference == nil
            ? nil
            : PairedComparison(
                rows.flatMap { $0.samples[0].rewards }, against: rows.flatMap { $0.samples[1].rewards })
        json ? printJSON(rows, all) : printTable(rows, all)
    }

    /// The rows of tasks elsewhere, each of a seed.
    private func rowsOfTasks(_ seeds: [UInt64]) throws -> [Row] {
        let folders = [model, reference].compactMap(\.self)
        if let scorer = folders.first(where: EvalScorer.isScorer) {
            throw ValidationError("--on: the judgement of a scorer is made in one piece; leave it out for \(scorer)")
        }
        var tasks = try ClusterJobs(cluster)
        tasks.isGathered = false
        var evidence: [String: Digest] = [:]
        for (name, folder) in zip(["model", "reference"], folders) {
            let digests = Pipeline.inputs(try Pipeline(.diffusion, folder: folder).digests())
            evidence[name] = .of(.document, .object(JSONObject(digests.map { ($0.key, .digest($0.value)) })))
        }
        evidence["scorer"] = try scorer.map { try PickScore(path: $0).digest }
        if reference != nil { evidence["recipe"] = try Digest.file(recipe) }
        let own = ClusterOptions.without(CommandLine.arguments.dropFirst().filter { $0 != "--" })
        let description = JobDescription(
            kind: "eval", request: ["seeds": .array(seeds.map { .string("\($0)") })], evidence: evidence,
            program: try OwnProcesses.digest(), contract: Contract.standard.rawValue,
            tasks: seeds.map { seed in
                // Of an option that is given twice the last counts.
                Job(
                    "seed \(seed)",
                    [
                        Command(
                            own + [
                                "--seeds", "\(seed)", "--json", "--workers", "\(engineOptions.workers ?? tasks.cores)",
                            ])
                    ])
            })
        let results = try tasks.results(description, unit: "seed")
        return try seeds.enumerated().map { place, seed in
            guard let ending = results[place]?.endings.first else {
                throw Incomplete(done: results.count, total: seeds.count, unit: "seeds", isGathered: false)
            }
            guard ending.exitCode == 0 else { throw ending.failure() }
            return try Row(json: try ending.report("evaluation")["seeds"][0], seed: seed)
        }
    }

    /// Judges held-out pairs, for a seed and a way to make noisy pictures.
    private func judgement(
        _ models: [DiffusionModel], _ size: Int, _ engine: Engine
    ) throws -> (UInt64, Noising) throws -> PreferenceEvaluation.Result {
        let recipe = try Recipe.read(path: recipe)
        let world = try ShapesWorld(seed: 1_000_003, side: size, split: split)
        let evaluation = PreferenceEvaluation(
            model: models[0], reference: models[1], recipe: recipe, engine: engine)
        let dataset = ShapesDataset(world: world, count: pairs)
        let labels = try PairLabels(
            dataset, winner: .reward, dropsTies: false, gamma: Float(recipe.objective.gamma), scoreRange: (nil, nil))
        return { try evaluation.run(dataset, labels, seed: $0, noising: $1) }
    }

    private func printTable(_ rows: [Row], _ all: PairedComparison?) {
        print("captions: \(captions) (\(split))   DDIM steps: \(steps), CFG 1, unclipped")
        let score = scorer == nil ? "" : "  score"
        print("seed  model      shape  size   colour place  backgr all    reward median brightness\(score)")
        for row in rows {
            for (name, result) in zip(["model", "reference"], row.samples).reversed() {
                let shares = result.attributes.map { String(format: "%.3f", $0.share) }.joined(separator: "  ")
                print(
                    String(format: "%4llu  ", row.seed) + name.padding(toLength: 10, withPad: " ", startingAt: 0)
                        + " \(shares)  "
                        + String(
                            format: "%.3f  %.4f %.4f %+.3f", result.allRight, result.reward, result.medianReward,
                            result.brightness) + (result.score.map { String(format: "     %.4f", $0) } ?? ""))
            }
        }
        guard let all else { return }
        print("\nmodel against reference, by reward")
        print("seed   win rate  95 % interval    wins-ties-losses  sign test  difference  95 % interval")
        let lines = rows.map { (String(format: "%4llu", $0.seed), $0.comparison) } + [(" all", all)]
        for case (let name, let comparison?) in lines {
            let (rate, gap) = (comparison.winRateInterval, comparison.differenceInterval)
            let counts = "\(comparison.wins)-\(comparison.ties)-\(comparison.losses)"
            print(
                "\(name)   "
                    + String(format: "%8.3f  %.3f to %.3f   ", comparison.winRate, rate.lowerBound, rate.upperBound)
                    + counts.padding(toLength: 17, withPad: " ", startingAt: 0)
                    + String(
                        format: " %9.2g  %+10.4f  %+.4f to %+.4f", comparison.signTest, comparison.difference,
                        gap.lowerBound, gap.upperBound))
        }
        guard rows.contains(where: { $0.preferences != nil }) else { return }
        print("\nheld-out pairs: \(pairs)")
        print("seed  accuracy (noise)  margin   accuracy (inversion)  margin")
        for row in rows {
            guard let (forward, inverted) = row.preferences else { continue }
            print(
                String(
                    format: "%4llu  %16.3f  %+.4f  %20.3f  %+.4f", row.seed, forward.accuracy, forward.margin,
                    inverted.accuracy, inverted.margin))
        }
    }

    private func printJSON(_ rows: [Row], _ all: PairedComparison?) {
        let list = rows.map { row -> JSONValue in
            var object: JSONObject = ["seed": .integer(row.seed), "model": row.samples[0].json]
            if row.samples.count > 1 { object["reference"] = row.samples[1].json }
            if let comparison = row.comparison { object["comparison"] = comparison.json }
            if let (forward, inverted) = row.preferences {
                object["forward"] = forward.json
                object["inversion"] = inverted.json
            }
            return .object(object)
        }
        var result: JSONObject = [
            "schema": 2, "split": .string(split.rawValue), "captions": .integer(captions), "steps": .integer(steps),
            "seeds": .array(list),
        ]
        if let all { result["comparison"] = all.json }
        print(JSONValue.object(result).pretty)
    }
}

extension ShapesSplit: ExpressibleByArgument {}
