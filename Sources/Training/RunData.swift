import Core
import Datasets
import Ledger
import Preferences

/// The data of a run: its items, what stands for them, and what was left out.
package struct RunData: Sendable {
    /// The items that batches are made of.
    package private(set) var items: BatchSource.Items
    /// Digests of data and labels, and of latents that were made of the data, by their names in the manifest.
    package private(set) var digests: [String: Digest]
    /// Range of the scores, for pairs.
    package let scoreRange: ClosedRange<Double>?
    /// What a person should know: ties dropped, pictures refused.
    package let notes: [String]
    /// The lines of a folder that were left out.
    package let refused: [FolderPairsProblem]
    /// How many pictures are not taken as they lie in their files.
    package let inputNotes: InputNotes
    /// The scores of the recipe's reward model; nil where the data have their own, or none.
    package let rewardScores: RewardScores?

    /// Opens the recipe's data. Throws what is wrong with it, naming file and line.
    ///
    /// Reading all pictures of a table can take hours: their digests are kept in the workspace, and read from there unless
    /// `checksKept`. A picture that is used is held against its digest each time. Scores of the recipe's reward model
    /// are found or made as `scores` says.
    package init(
        _ recipe: Recipe, checksKept: Bool = false, scores: RewardScoresUse = RewardScoresUse()
    ) throws {
        var notes: [String] = []
        let isPairwise = !recipe.objective.kind.makesBase
        switch recipe.data.source {
        case .shapes(let pairs, let seed):
            let world = try ShapesWorld(seed: seed, side: recipe.data.size)
            if !isPairwise {
                let gallery = ShapesGallery(world: world, count: pairs)
                self.init(items: .pictures(gallery), digests: ["data": gallery.digest], scoreRange: nil, notes: [])
                return
            }
            try self.init(recipe, ShapesDataset(world: world, count: pairs), &notes, scores)
        case .folder(let path, let dropUnreadable), .pairFolders(let path, let dropUnreadable):
            let layout = recipe.data.hasList ? FolderPairs.Layout.list : .winnersAndLosers
            let folder = try FolderPairs.loadAll(folder: path, layout: layout, dropUnreadable: dropUnreadable)
            notes += folder.refused.map { "left out: \($0)" }
            try self.init(
                recipe, folder, &notes, scores, refused: folder.refused, inputNotes: InputNotes(folder.pictureTraits))
        case .latents(let path):
            let latents = try LatentPairs.load(folder: path)
            guard latents.size == recipe.data.size else {
                throw TrainingError.mismatch(
                    what: "data.size", expected: "\(latents.size), the edge of the latents in \(path)",
                    found: "\(recipe.data.size)", hint: nil)
            }
            try self.init(recipe, latents, &notes, scores)
            digests["data/latent_set"] = latents.setDigest
        case .table(let table):
            let pairs = try table.pairs(kept: Workspace().tables, checksKept: checksKept)
            notes += pairs.notes + pairs.refused.map { "left out: \($0)" }
            try self.init(
                recipe, pairs, &notes, scores, leftOut: pairs.refused.map(\.row),
                inputNotes: InputNotes(pairs.pictureTraits))
            // The names of the pairs are numbers of rows: rows that no rule takes move them, and are in no item.
            digests["data/rows"] = pairs.rowsDigest
        }
    }

    private init(
        _ recipe: Recipe, _ pairs: any PreferenceDataset, _ notes: inout [String], _ use: RewardScoresUse,
        refused: [FolderPairsProblem] = [], leftOut: [Int] = [], inputNotes: InputNotes = InputNotes()
    ) throws {
        let scores = try recipe.reward.map { try RewardScores(pairs, $0, use) }
        let dataset: any PreferenceDataset = scores.map { ScoredPairs(pairs, scores: $0.scores) } ?? pairs
        let labels = try PairLabels(
            dataset, winner: recipe.objective.winner,
            dropsTies: recipe.objective.ties == .drop,
            gamma: recipe.objective.isWeighted ? Float(recipe.objective.gamma) : nil,
            scoreRange: (recipe.objective.scoreMin, recipe.objective.scoreMax))
        if labels.droppedTies > 0 { notes.append("\(labels.droppedTies) pairs with tied human labels are dropped") }
        var digests = ["data": dataset.digest, "labels": labels.digest]
        if let scores { digests.merge(scores.parts.merging(["scores": scores.digest]) { $1 }) { $1 } }
        let leftOut = leftOut + refused.map(\.line)
        if !leftOut.isEmpty {
            // The names of the pairs stand in the steps' records, and tell which lines or rows were left out.
            digests["data/left_out"] = .of(.document, .array(leftOut.map { .integer($0) }))
        }
        self.init(
            items: .pairs(dataset, labels), digests: digests, scoreRange: labels.scoreRange, notes: notes,
            inputNotes: inputNotes, refused: refused, rewardScores: scores)
    }

    private init(
        items: BatchSource.Items, digests: [String: Digest], scoreRange: ClosedRange<Double>?, notes: [String],
        inputNotes: InputNotes = InputNotes(), refused: [FolderPairsProblem] = [], rewardScores: RewardScores? = nil
    ) {
        self.items = items
        self.digests = digests
        self.scoreRange = scoreRange
        self.notes = notes
        self.inputNotes = inputNotes
        self.rewardScores = rewardScores
        self.refused = refused
    }

    /// The same data, of which a model takes `latents`. - Throws: `LatentSetMismatch` for latents of other data.
    func encoded(_ latents: LatentSet) throws -> RunData {
        guard case .pairs(let pairs, let labels) = items else { preconditionFailure("latents are made of pairs") }
        var data = self
        data.items = .pairs(try EncodedPairs(pairs, latents), labels)
        data.digests["latents"] = latents.digest
        return data
    }

    /// Planes of a picture, or of a latent.
    package var channels: Int {
        switch items {
        case .pairs(let dataset, _): dataset.channels
        case .pictures: 3
        }
    }

    /// The captions that batches can draw, one an item.
    var captions: [String] {
        switch items {
        case .pairs(let dataset, let labels): labels.labels.map { dataset.item(at: $0.index).caption }
        case .pictures(let gallery): (0..<gallery.count).map { gallery.caption(at: $0) }
        }
    }

    /// The items as the ledger lists them.
    package var ledgerItems: [DataItem] {
        switch items {
        case .pairs(let dataset, let labels):
            labels.labels.map { label in
                let pair = dataset.item(at: label.index)
                return DataItem(
                    item: pair.id, digest: pair.digest,
                    labels: [
                        DataItem.Label.winnerScore.rawValue: label.scores.winner.bitPattern,
                        DataItem.Label.loserScore.rawValue: label.scores.loser.bitPattern,
                        DataItem.Label.weight.rawValue: label.weight.bitPattern,
                    ])
            }
        case .pictures: []
        }
    }
}

extension InputNotes {
    /// How many pictures have each trait.
    init(_ traits: [PictureTraits]) {
        self.init()
        let kinds: [(PictureTraits, Kind)] = [
            (.orientation, .orientationIgnored), (.alpha, .alphaDropped), (.profile, .profileIgnored),
            (.fourInks, .inksConverted), (.sixteenBits, .depthReduced),
        ]
        for (trait, kind) in kinds { add(kind, traits.count { $0.contains(trait) }) }
    }
}
