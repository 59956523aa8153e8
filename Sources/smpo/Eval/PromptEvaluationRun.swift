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

/// `smpo eval --prompts`: draws, scores, and says what came of it.
struct PromptEvaluationRun {
    let options: PromptEvaluationOptions
    let sampler: SamplerOptions
    let drawn: PromptOptions
    /// The models' files, the one that is compared with first.
    let folders: [ModelFolder]
    let engineOptions: EngineOptions
    /// What was asked for, for the report.
    let asked: JSONObject

    /// Runs with the prompts at `path`.
    func run(_ path: String, json: Bool) throws {
        Interrupt.listen()
        let workspace = Workspace()
        let place = options.pictures ?? workspace.pictures
        try OutputFile("--pictures", place).requireOutsideEvidence(workspace)
        if let page = options.page {
            try OutputFile("--page", page).require(sparing: folders.map(\.path) + [path], workspace)
        }
        let prompts = try PromptFile.read(path)
        let rewards = try RewardList(options.rewards) { prompts.pictures(for: $0) }.rewards
        let places = prompts.prompts.indices.filter { index in
            options.count.map { prompts.prompts[index].place < $0 } ?? true
        }
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        func evaluation(_ places: [Int]) -> PromptEvaluation {
            PromptEvaluation(prompts, places: places, folder: place, engine: engine)
        }
        // Opened before anything is drawn: what is wrong with them is said at once, and not after days.
        let statements = try rewards.map { reward in
            EvaluationReward.Statement(
                reward, try reward.kind.open(reward.files), prompts: places.map { prompts.prompts[$0].text })
        }
        if let (number, count) = options.shares {
            let own = places.enumerated().filter { $0.offset % count == number }.map(\.element)
            if !own.isEmpty { _ = try report(evaluation(own), rewards, statements, shows: false) }
            return
        }
        let all = evaluation(places)
        if options.jobs > 1, places.count > 1 { try runShares(all) }
        let report = try report(all, rewards, statements, shows: true)
        let finding = report.finding(
            pictures: options.page == nil ? [] : try EvaluationGallery(report, all.pictures).items)
        if let page = options.page {
            try AtomicFile.write(try HTMLPresenter().present(finding), to: page)
            Message.note("\(page) written")
        }
        print(json ? report.json.pretty : TableTextPresenter().present(finding))
    }

    /// Opens the models, one at a time, and hands each on.
    private func forEachModel(
        _ evaluation: PromptEvaluation, notes: Bool, _ body: (DrawingModel) throws -> Void
    ) throws {
        let shared = DrawingModel.Options(
            prompts: evaluation.prompts, places: evaluation.places, sampler: sampler, drawn: drawn,
            evaluation: options, notes: notes, engine: evaluation.engine)
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
    private func report(
        _ evaluation: PromptEvaluation, _ rewards: [EvaluationReward], _ statements: [EvaluationReward.Statement],
        shows: Bool
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
        try forEachModel(evaluation, notes: shows) { model in
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
            rewards: statements, asked: asked)
    }

    /// Has other processes draw and score, each its share of the prompts; what they keep is only read afterwards.
    private func runShares(_ evaluation: PromptEvaluation) throws {
        var waiting: [Digest] = []
        try forEachModel(evaluation, notes: false) { waiting += evaluation.missing(of: $0.source) }
        let jobs = min(options.jobs, evaluation.places.count)
        let workers = max(1, engineOptions.workerCount / jobs)
        let own = CommandLine.arguments.dropFirst().filter { $0 != "--" }
        let commands = (0..<jobs).map { number in
            // Of an option that is given twice the last counts.
            Job(
                "share \(number + 1)",
                [Command(own + ["--jobs", "1", "--workers", "\(workers)", "--share", "\(number)/\(jobs)"])])
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
