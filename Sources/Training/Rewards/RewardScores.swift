import Compute
import Core
import Datasets
import Preferences

/// What a recipe's reward model says of both pictures of every pair: made once, kept in files that are whole or not there, and
/// named after all that the scores follow from.
package struct RewardScores: Sendable {
    /// The scores of each pair, in data order.
    package let scores: [(Double, Double)]
    /// The reward model's digests, and its own.
    package let parts: [String: Digest]
    /// The folder that they were read from or written to; nil where they were made for this session alone.
    package let folder: String?
    /// Whether some were read rather than made.
    package let areRead: Bool

    /// Stands for the scores: the bit patterns of all, in order.
    package var digest: Digest {
        .of(.document, .array(scores.flatMap { [$0.0, $0.1] }.map { .string(HexFloat.string(bits: $0.bitPattern)) }))
    }

    /// Pairs a file has; the last may have fewer.
    private static let pairsPerFile = 64

    /// The scores of `pairs` by `reward`, as `use` says.
    /// - Throws: `RewardScoresMissing` where some are not there and none are to be made; what opening the model and reading
    ///   pictures throws.
    init(_ pairs: any PreferenceDataset, _ reward: Recipe.Reward, _ use: RewardScoresUse) throws {
        try self.init(opening: reward, pairs, use)
        // The reward model is let go, and may be larger than the one that is trained.
        use.engine?.releaseFreedMemory()
    }

    private init(opening reward: Recipe.Reward, _ pairs: any PreferenceDataset, _ use: RewardScoresUse) throws {
        let model = try reward.kind.open(reward.files)
        parts = model.digests.reduce(into: ["reward": model.digest]) { $0["reward/\($1.key)"] = $1.value }
        let contract = use.engine?.contract.rawValue ?? Contract.standard.rawValue
        let source: JSONValue = [
            "contract": .string(contract), "data": .digest(pairs.digest), "kind": .string(reward.kind.name),
            "pairs": .integer(pairs.count), "reward": .digest(model.digest),
        ]
        let key = Digest.of(.document, source)
        let place = "\(use.folder)/\(key.hex.prefix(16))"
        let files = stride(from: 0, to: pairs.count, by: RewardScores.pairsPerFile).map { start in
            RewardScoresFile(
                path: "\(place)/scores-\(PaddedNumber.text(start / RewardScores.pairsPerFile, digits: 5)).json",
                key: key, rows: start..<min(pairs.count, start + RewardScores.pairsPerFile))
        }
        var known: [Int: [(Double, Double)]] = [:]
        if use.mode != .makeAgain {
            for (number, file) in files.enumerated() { known[number] = try file.read() }
        }
        if use.mode == .read, known.count < files.count { throw RewardScoresMissing(folder: place) }
        if use.mode == .readOrMake, known.count < files.count { try FileContents.makeFolder(place) }
        var (all, done): ([(Double, Double)], Int) = ([], known.values.reduce(0) { $0 + $1.count })
        let already = done
        for (number, file) in files.enumerated() {
            if let rows = known[number] {
                all += rows
                continue
            }
            guard let engine = use.engine else { preconditionFailure("scores are made by an engine") }
            let rows = try PairScores(pairs, rows: file.rows, scorer: model, engine: engine) {
                try use.progress(done + $0 - already, pairs.count - already)
            }.scores.map { (Double($0.0), Double($0.1)) }
            done += rows.count
            if let row = rows.firstIndex(where: { !$0.0.isFinite || !$0.1.isFinite }) {
                throw TrainingError.mismatch(
                    what: "the scores of \(pairs.item(at: file.rows.lowerBound + row).id) by \(reward.files.model)",
                    expected: "finite numbers", found: "\(rows[row].0) and \(rows[row].1)", hint: nil)
            }
            if use.mode == .readOrMake { try file.write(rows) }
            all += rows
        }
        scores = all
        folder = use.mode == .makeAgain ? nil : place
        areRead = !known.isEmpty
    }
}

/// There are no scores of a recipe's reward model, and none were to be made.
package struct RewardScoresMissing: Error, CustomStringConvertible {
    /// The folder.
    package let folder: String

    /// One line.
    package var description: String {
        "\(folder): the scores of the recipe's reward model are not there, or not all "
            + "(smpo data encode --rewards makes them, and so do smpo train and smpo audit)"
    }
}
