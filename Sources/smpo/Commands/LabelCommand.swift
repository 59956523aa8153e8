import ArgumentParser
import Compute
import Core
import Datasets
import Foundation
import Ledger
import Preferences

/// `smpo label`
struct LabelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Score the pairs of a folder and write the scores into its list.",
        discussion: """
            Both pictures of every pair are scored by a reward model (smpo score says
            which there are and what their files are), and score_0 and score_1 are
            written into pairs.jsonl; captions, labels and all other members of a
            line stay as they are. The list is replaced whole or not at all.

            SmPO's smoothed labels follow from the scores: r = (s - min) / (max - min),
            alpha = gamma softmax(r), W = 2 alpha - gamma. They are written into
            .smpo/ledger.sqlite (tables labellings and scores) with the digests of the
            scorer, of the pictures, and of the data as a training will find them. A
            training computes the same from the scores and its own gamma and ties.

            EXAMPLES
              smpo label data/pairs --model Golden/shapes-pickscore
              smpo label data/pairs --model Golden/shapes-pickscore --gamma 5 --ties keep --json
              smpo label data/pairs --reward hpsv2 --model HPS_v2.1_compressed.pt --processor sd15/tokenizer
              sqlite3 -readonly .smpo/ledger.sqlite 'SELECT item, score_0, score_1, weight FROM scores LIMIT 5'

            \(ExitStatus.help([.success, .trouble, .usage]))
            """)

    @Argument(help: "Folder of pairs (pairs.jsonl and its pictures).")
    var folder: String

    @OptionGroup var rewardOptions: RewardOptions

    @Option(help: "γ: how sharply differences of scores become labels.")
    var gamma = 10.0

    @Option(help: "Whether pairs that people found equally good count (keep) or not (drop), as in the recipe.")
    var ties = Ties.drop

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var engineOptions: EngineOptions

    @OptionGroup var deviceOptions: DeviceOptions

    /// `--ties`
    enum Ties: String, ExpressibleByArgument, CaseIterable { case drop, keep }

    func validate() throws {
        if !(gamma > 0 && gamma.isFinite) {
            throw ValidationError("--gamma: expected a number above 0, found \(gamma)")
        }
    }

    func run() throws {
        let engine = try deviceOptions.engine(engineOptions)
        defer { engine.stop() }
        let scorer = try rewardOptions.open()
        if let note = scorer.note { Message.note(note) }
        let pairs = try FolderPairs.loadAll(folder: folder, allowsUnknownKeys: true)
        Message.note(InputNotes(captions: pairs.items.map(\.caption), isCut: scorer.cuts))
        let workspace = Workspace()
        // Labels that cannot be recorded are not written either.
        let ledger = try workspace.openLedger()
        let bar = ProgressBar(total: pairs.count, unit: "pair")
        let scores = try PairScores(pairs, scorer: scorer, engine: engine) { bar.update($0) }
        bar.finish()
        let doubles = scores.scores.map { (Double($0.0), Double($0.1)) }
        let scored = pairs.scored(doubles)
        let labels = try PairLabels(
            scored, winner: .reward, dropsTies: ties == .drop, gamma: Float(gamma), scoreRange: (nil, nil))
        let record = record(scored, labels, scorer)
        try FolderPairs.write(scores: doubles, to: folder)
        let number = try ledger.record(record)
        report(record, labels, scores.agreement(with: pairs), number)
    }

    private func record(_ pairs: FolderPairs, _ labels: PairLabels, _ scorer: any RewardModel) -> LabellingRecord {
        let smoothed = SmoothedLabel(scoreRange: labels.scoreRange, gamma: Float(gamma))
        let weights = Dictionary(uniqueKeysWithValues: labels.labels.map { ($0.index, $0) })
        return LabellingRecord(
            folder: folder, scorer: scorer.digest,
            scorerParts: .object(JSONObject(scorer.digests.map { ($0.key, .digest($0.value)) })), data: pairs.digest,
            gamma: gamma, scoreRange: labels.scoreRange,
            items: pairs.items.enumerated().map { index, item in
                let label = weights[index]
                let alpha = label.map {
                    smoothed.gamma * smoothed.probability(winner: $0.scores.winner, loser: $0.scores.loser)
                }
                return LabellingRecord.Item(
                    item: item.id, images: [item.imageDigest0, item.imageDigest1],
                    scores: [item.score0 ?? 0, item.score1 ?? 0], alpha: alpha.map(Double.init),
                    weight: label.map { Double($0.weight) })
            })
    }

    private func report(
        _ record: LabellingRecord, _ labels: PairLabels, _ agreement: PairScores.Agreement, _ number: Int64
    ) {
        let (low, high) = (record.scoreRange.lowerBound, record.scoreRange.upperBound)
        let mean = labels.labels.reduce(0) { $0 + Double($1.weight) } / Double(labels.labels.count)
        if json {
            let value: JSONValue = [
                "schema": 1, "labelling": .integer(number), "pairs": .integer(record.items.count),
                "scorer": .digest(record.scorer), "data": .digest(record.data), "score_min": .decimal(low),
                "score_max": .decimal(high), "gamma": .decimal(gamma), "mean_weight": .decimal(mean),
                "agreement": agreement.json,
            ]
            return print(value.pretty)
        }
        Message.line("pairs         \(record.items.count)")
        Message.line("scorer        \(record.scorer)")
        Message.line("data digest   \(record.data)")
        Message.line(String(format: "scores        %.6f to %.6f", low, high))
        Message.line(String(format: "mean W        %.4f at γ = %g", mean, gamma))
        Message.line("human labels  \(agreement)")
        Message.note("\(folder)/\(FolderPairs.listName) written; labelling \(number) in \(Workspace().ledger)")
    }
}
