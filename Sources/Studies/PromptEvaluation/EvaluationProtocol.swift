import Core
import Datasets
import Pages
import Preferences

extension PromptEvaluationReport {
    /// How the figures came about, as far as it can be said in words: all of it is in the JSON form, and under `digest`.
    package var protocolRows: [Fact] {
        var rows = promptRows
        for model in models { rows += self.rows(of: model, named: models.count > 1) }
        rows.append(Fact("noise", models[0].source.noise.sentence))
        for reward in rewards { rows += self.rows(of: reward) }
        rows.append(Fact("digest of all this", digest.hex))
        return rows
    }

    private var promptRows: [Fact] {
        var rows = prompts.sources.map { Fact("prompts", "\($0.path), file \($0.digest)") }
        let count = prompts.prompts.count
        rows.append(
            Fact(
                "form",
                prompts.form + (places.count == count ? "; all \(count)" : "; \(places.count) of \(count)")
                    + prompts.leftOut.map { "; left out: \($0)" }.joined()))
        rows.append(Fact("digest of prompts", prompts.digest.hex))
        return rows
    }

    private func rows(of model: Model, named: Bool) -> [Fact] {
        let (source, settings) = (model.source, model.source.settings)
        let scheduler = settings.sampler.scheduler
        var words = [
            settings.sampler.kind.rawValue, "spacing \(scheduler.timestepSpacing.rawValue)",
            "\(settings.steps) steps", "guidance \(settings.guidance)", "\(settings.width) x \(settings.height)",
            "seed \(settings.seed)",
        ]
        if settings.sampler.sigmas != .ofTimesteps { words.insert("\(settings.sampler.sigmas.rawValue) sigmas", at: 2) }
        if settings.eta != 0 { words.append("eta \(settings.eta)") }
        if source.prompts.clipSkip != 0 { words.append("clip skip \(source.prompts.clipSkip)") }
        words.append(negative(source))
        if let second = source.prompts.seconds?.first { words.append("second prompt \"\(second)\"") }
        if source.cut > 0 { words.append("\(source.cut) prompts cut") }
        let name = VisibleText.of(source.model)
        return [
            Fact(named ? "\(name) draws" : "drawing", words.joined(separator: ", ")),
            Fact(
                named ? "weights of \(name)" : "weights",
                source.digests.filter { !$0.key.contains("/") }.sorted { utf8Less($0.key, $1.key) }
                    .map { "\($0.key) \($0.value.short)" }.joined(separator: ", ")),
        ]
    }

    private func negative(_ source: PictureSource) -> String {
        if let text = source.prompts.negatives?.first { return "negative \"\(text)\"" }
        return source.isSized && source.prompts.forcesZeros ? "no negative (zeros)" : "no negative (the empty prompt)"
    }

    private func rows(of reward: EvaluationReward.Statement) -> [Fact] {
        var words = [
            reward.kind.unit + (reward.kind.displayFactor == 1 ? "" : ", shown x \(Int(reward.kind.displayFactor))")
        ]
        if let reader = reward.reader { words.append("captions read as \(reader)") }
        words += ["pictures as \(reward.encoding.sentence)", reward.resize]
        if reward.cut > 0 { words.append("\(reward.cut) prompts cut") }
        return [
            Fact(reward.kind.title, "\(VisibleText.of(reward.model)), \(reward.digest)"),
            Fact("\(reward.kind.title)'s rules", words.joined(separator: "; ")),
        ]
    }
}
