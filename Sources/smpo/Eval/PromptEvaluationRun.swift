import ArgumentParser
import Compute
import Core
import Datasets
import Diffusion
import Jobs
import Ledger
import Pages
import Preferences
import Studies

/// Draws and scores what was asked for: on a command line, or by a report.
struct PromptEvaluationRun {
    /// What is drawn and scored.
    let asked: EvalCommand
    /// The models' files, the one that is compared with first.
    let folders: [ModelFolder]
    /// The prompts, and which of them are drawn.
    let prompts: PromptSet, places: [Int]
    /// The reward models.
    let rewards: [EvaluationReward]
    /// Processes side by side, and how many workers they have together.
    let jobs: Int, workers: Int
    /// What the command line says of them.
    private let asksForJobs: Int?, asksForWorkers: Int?
    /// Which share of the prompts this process does; nil for all.
    let share: (number: Int, count: Int)?
    /// What computes.
    let engine: Engine

    /// Opens prompts and rewards of `asked`; `command` says how the work is done.
    /// - Throws: `FileError`, `PromptFileError`, `ValidationError`.
    init(_ asked: EvalCommand, by command: EvalCommand) throws {
        let options = asked.prompted
        self.asked = asked
        folders = try asked.modelOptions.folders([asked.reference, asked.model].compactMap(\.self))
        let prompts = try PromptFile.read(options.prompts ?? "")
        rewards = try RewardList(options.rewards) { prompts.pictures(for: $0) }.rewards
        places = prompts.prompts.indices.filter { index in
            options.count.map { prompts.prompts[index].place < $0 } ?? true
        }
        self.prompts = prompts
        (jobs, share) = (min(command.prompted.jobs ?? 1, places.count), command.prompted.shares)
        (asksForJobs, asksForWorkers) = (command.prompted.jobs, command.engineOptions.workers)
        workers = command.engineOptions.workerCount
        engine = try command.deviceOptions.engine(command.engineOptions)
    }

    /// What is kept below `folder`, scores in a folder of it or in `scores`.
    func evaluation(folder: String, scores: String? = nil) -> PromptEvaluation {
        PromptEvaluation(prompts, places: places, folder: folder, scores: scores, engine: engine)
    }

    /// What is said of the reward models. They are opened before anything is drawn: what is wrong with them is said at once, and
    /// not after days.
    func statements() throws -> [EvaluationReward.Statement] {
        try rewards.map { reward in
            EvaluationReward.Statement(
                reward, try reward.kind.open(reward.files), prompts: places.map { prompts.prompts[$0].text })
        }
    }

    /// All that the figures follow from; every model is opened, one at a time.
    func inputs(_ statements: [EvaluationReward.Statement]) throws -> EvaluationInputs {
        var sources: [PictureSource] = []
        try forEachModel(places, notes: false) { sources.append($0.source) }
        return EvaluationInputs(prompts: prompts, places: places, sources: sources, rewards: statements)
    }

    /// The pictures that are there and whole.
    func kept(by evaluation: PromptEvaluation) throws -> Int {
        var count = 0
        try forEachModel(places, notes: false) { model in
            count += try places.count { try evaluation.pictures.picture(model.source.key(of: $0)) != nil }
        }
        return count
    }

    /// Draws and scores the share of this process; whoever started it reads what is kept.
    func drawShare(of evaluation: PromptEvaluation, _ statements: [EvaluationReward.Statement]) throws {
        guard let share else { return }
        let own = places.enumerated().filter { $0.offset % share.count == share.number }.map(\.element)
        if !own.isEmpty { _ = try report(evaluation.part(own), statements, shows: false) }
    }

    /// Opens the models, one at a time, and hands each on.
    private func forEachModel(_ places: [Int], notes: Bool, _ body: (DrawingModel) throws -> Void) throws {
        let shared = DrawingModel.Options(
            prompts: prompts, places: places, sampler: asked.samplerOptions, drawn: asked.promptOptions,
            evaluation: asked.prompted, notes: notes, engine: engine)
        var first: DrawingModel.Sampling?
        for folder in folders {
            let model = try DrawingModel(folder, shared, after: first)
            if notes, let first, first.config != model.source.settings.sampler {
                Message.note("the models have different schedules; each is drawn by its own sampler")
            }
            first = first ?? model.sampling
            try body(model)
        }
    }

    /// Draws and scores what is not kept. One model is held at a time.
    func report(
        _ evaluation: PromptEvaluation, _ statements: [EvaluationReward.Statement], shows: Bool
    ) throws -> PromptEvaluationReport {
        func progress(_ unit: String) -> (bar: EvaluationProgress, step: PromptEvaluation.Progress) {
            let bar = EvaluationProgress(unit)
            return (
                bar,
                { done, total in
                    if shows { bar.update(done, total) }
                    try EncodingProgress.stopIfAsked()
                }
            )
        }
        var drawings: [(source: PictureSource, drawn: PromptEvaluation.Drawn)] = []
        try forEachModel(evaluation.places, notes: shows) { model in
            let (bar, step) = progress("step")
            drawings.append(
                (model.source, try evaluation.draw(model.source, by: model.drawing, progress: step)))
            bar.finish()
        }
        var scores: [[PromptEvaluation.Scores]] = drawings.map { _ in [] }
        for (reward, statement) in zip(rewards, statements) {
            let scorer = EvaluationScorer(statement) { try reward.kind.open(reward.files) }
            for (place, one) in drawings.enumerated() {
                let (bar, step) = progress("score")
                scores[place].append(try evaluation.score(one.source, one.drawn, by: scorer, progress: step))
                bar.finish()
            }
        }
        return PromptEvaluationReport(
            prompts: evaluation.prompts, places: evaluation.places,
            models: zip(drawings, scores).map { .init(source: $0.source, drawn: $0.drawn, scores: $1) },
            rewards: statements, asked: EvaluationRequest(asked).json)
    }

    /// Has tasks elsewhere draw and score, each its share of the prompts. `more` is added to their command lines.
    func runShares(
        of evaluation: PromptEvaluation, _ statements: [EvaluationReward.Statement], on options: ClusterOptions,
        _ more: [String] = []
    ) throws {
        var cluster = try ClusterJobs(options)
        cluster.isGathered = false
        let inputs = Digest.of(.document, .object(try inputs(statements).json))
        let own = ClusterOptions.without(CommandLine.arguments.dropFirst().filter { $0 != "--" })
        let shares = ClusterShares(
            kind: "eval", cluster: cluster, evidence: ["inputs": inputs],
            count: min(places.count, asksForJobs ?? ClusterShares.usual))
        try shares.make { share in
            own + [
                "--jobs", "1", "--workers", "\(asksForWorkers ?? cluster.cores)", "--share", "\(share)/\(shares.count)",
            ]
                + more
        } isWhole: {
            try isWhole(evaluation, statements)
        }
    }

    /// Whether every picture and every score is kept.
    private func isWhole(_ evaluation: PromptEvaluation, _ statements: [EvaluationReward.Statement]) throws -> Bool {
        var isWhole = true
        try forEachModel(places, notes: false) { model in
            isWhole = try isWhole && evaluation.isKept(model.source, statements)
        }
        return isWhole
    }

    /// Has other processes draw and score, each its share of the prompts; what they keep is only read afterwards. `more` is added
    /// to their command lines.
    func runShares(of evaluation: PromptEvaluation, _ more: [String] = []) throws {
        var waiting: [Digest] = []
        try forEachModel(places, notes: false) { waiting += evaluation.missing(of: $0.source) }
        let each = max(1, workers / jobs)
        let own = CommandLine.arguments.dropFirst().filter { $0 != "--" }
        let commands = (0..<jobs).map { number in
            // Of an option that is given twice the last counts.
            Job(
                "share \(number + 1)",
                [Command(own + ["--jobs", "1", "--workers", "\(each)", "--share", "\(number)/\(jobs)"] + more)])
        }
        let here = Runner.here(width: jobs)
        let (bar, total) = (EvaluationProgress("picture"), waiting.count)
        defer { bar.finish() }
        var lastLook = ContinuousClock.now
        let runner = Runner(here.launcher, width: jobs) {
            try here.stopIfAsked()
            guard total > 0, ContinuousClock.now - lastLook > .seconds(1) else { return }
            lastLook = .now
            waiting.removeAll(where: evaluation.pictures.has)
            bar.update(total - waiting.count, total)
        }
        _ = try runner.run(commands) { _, ending in
            if ending.exitCode == ExitStatus.interrupted.rawValue { throw ExitStatus.interrupted.code }
            guard ending.exitCode == 0 else { throw ending.failure() }
        }
    }
}

extension PromptSet {
    /// How a reward model is shown pictures unless something else is said: HPSv2's benchmark reads JPEG files, all else what
    /// was drawn.
    func pictures(for kind: RewardKind) -> PictureEncoding {
        kind == HPSv2.kind && form == PromptSet.benchmarkForm ? .jpeg : .png
    }
}
