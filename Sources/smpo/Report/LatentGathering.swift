import Audit
import Checkpoints
import Compute
import Core
import Datasets
import Ledger
import Pages
import Preferences
import Training

extension Run {
    /// Steps whose items are shown, and items of each.
    private static let mostSteps = 5, mostItems = 2
    /// Steps whose timesteps are listed where nothing was replayed.
    private static let mostListed = 200

    /// The word for the noisy pictures.
    private var stage: String { get throws { try recipe.inversion == nil ? "noisy" : "inverted" } }

    /// The items of a step, compared with `found`, the other side of the step, where there is one.
    func matches(_ expected: StepTrace, _ found: StepTrace?) -> [LatentFigures.Match] {
        let record = expected.record
        guard let ids = record[Entries.Batch.ids], record[.inversion] != nil else { return [] }
        let timesteps = record[Entries.Timestep.t] ?? []
        return ids.enumerated().map { place, id in
            func equal(_ side: SampleName.Side?) -> Bool? {
                let key = Entries.Inversion.latents[SampleName(ItemName(place), side)]
                guard let old = expected[key], let new = found?[key] else { return nil }
                return old == new
            }
            return LatentFigures.Match(
                step: record.step, item: place, id: id,
                timestep: timesteps.indices.contains(place) ? timesteps[place] : nil,
                winner: equal(.winner) ?? equal(nil), loser: equal(.loser))
        }
    }

    /// The latents of the run with pictures of a few: of the first and the last step, of one between, and of those around
    /// the first latents that differ, or of `difference`, the first step that differs at all. `matches` are those of a
    /// comparison; without one the record's are taken, and `drift` says what an audit counted.
    func latents(
        _ matches: [LatentFigures.Match]?, drift: [StepDrift]? = nil, difference: Int?
    ) throws -> Result<LatentFigures, Missing> {
        let count = records.count
        guard count > 0 else { return .failure(Missing(why: "no step is recorded here")) }
        let (recipe, stage) = (try recipe, try stage)
        guard !recipe.objective.kind.trainsScorer else {
            return .failure(Missing(why: "a scorer is trained: nothing is noised or inverted"))
        }
        var all = matches ?? []
        if matches == nil {
            let steps = (0..<min(count, Self.mostListed)).map { 1 + $0 * count / min(count, Self.mostListed) }
            for step in steps {
                if let trace = try traces(of: step).first { all += self.matches(trace, nil) }
            }
        }
        guard !all.isEmpty else { return .failure(Missing(why: "the records have no phase of noised pictures")) }
        var notes = matches == nil ? counted(drift ?? []) : []
        // A difference that begins in the weights reaches the latents of the next step.
        let moved = all.first { $0.isEqual == false }?.step
        let wanted = [1, moved.map { $0 - 1 } ?? difference, moved, count, (count + 1) / 2].compactMap(\.self)
        let steps = Set(wanted.filter { (1...count).contains($0) }).sorted().prefix(Self.mostSteps)
        var exhibits: [LatentFigures.Exhibit] = []
        for step in steps {
            guard let trace = try traces(of: step).last else { continue }
            let own = all.filter { $0.step == step }
            let items = own.isEmpty ? self.matches(trace, nil) : own
            // The latents that differ come first.
            let chosen = (items.filter { $0.winner == false || $0.loser == false } + items).prefix(Self.mostItems * 2)
            for match in unique(Array(chosen)).prefix(Self.mostItems) {
                let exhibit = try exhibit(match, trace)
                if !exhibit.pictures.isEmpty { exhibits.append(exhibit) }
            }
        }
        if case .failure(let missing) = data { notes.append("No pictures of the data: \(missing.why).") }
        if !exhibits.contains(where: { $0.pictures.contains { $0.label.hasPrefix(stage) } }) {
            notes.append("No values of latents are stored here, so none is shown: the ledger of the run keeps them.")
        } else {
            notes.append("Latents are shown from −3 (dark) to 3 (bright); those of several planes by the first three.")
        }
        return .success(
            LatentFigures(all, exhibits: exhibits, notes: notes, isInverted: recipe.inversion != nil))
    }

    /// The counts of the phase as a whole over the steps of a comparison, where the single digests of one side are not at
    /// hand.
    private func counted(_ drift: [StepDrift]) -> [String] {
        let parts = drift.compactMap { step in step.phases.first { $0.name == Phase.inversion.rawValue } }
        guard !parts.isEmpty else { return [] }
        let (differing, total) = (parts.reduce(0) { $0 + $1.differing }, parts.reduce(0) { $0 + $1.total })
        return [
            "Of the phase inversion as a whole \(differing) of \(total) tensors differ, at "
                + "\(parts.count { $0.differing > 0 }) of \(parts.count) steps: the audit counts them, and does not say which."
        ]
    }

    private func unique(_ matches: [LatentFigures.Match]) -> [LatentFigures.Match] {
        matches.enumerated().filter { index, match in !matches[..<index].contains(match) }.map(\.element)
    }

    /// An item's pictures: winner and loser of the data, each held against the recorded digest of what the model saw, and
    /// the stored latents.
    private func exhibit(_ match: LatentFigures.Match, _ trace: StepTrace) throws -> LatentFigures.Exhibit {
        let (recipe, stage) = (try recipe, try stage)
        let isLatent = recipe.data.isLatent
        // A step read the latent of such a picture, not the picture.
        let isEncoded = manifest.inputs.digests["latents"] != nil
        let isSingle = trace.record[.batch]?.tensors.map { $0.count } == trace.record[Entries.Batch.ids]?.count
        let source = try? data.get()
        let place = source.flatMap { Self.find(match.id, in: $0.items) }
        let caption = place.map(\.caption) ?? "\(match.id): its caption is not at hand"
        var pictures: [Picture] = []
        let sides: [SampleName.Side?] = isSingle ? [nil] : [.winner, .loser]
        for (number, side) in sides.enumerated() {
            let word = side?.rawValue ?? "picture"
            guard let planes = try place?.planes(number, recipe, trace, match, isEncoded: isEncoded) else { continue }
            let channels = planes.count / max(1, recipe.data.size * recipe.data.size)
            let shape = [channels, recipe.data.size, recipe.data.size]
            let (values, note) =
                isEncoded
                ? (planes, "the step read its latent")
                : Self.held(
                    planes, shape, recorded: trace, as: Entries.Batch.pictures[SampleName(ItemName(match.item), side)])
            let alternative = "The \(word) of item \(match.item) in step \(match.step): \(caption)"
            let picture =
                isLatent
                ? try Thumbnail.latent(values, shape: shape, label: word, alternative: alternative, note: note)
                : try Thumbnail.picture(
                    values, edge: recipe.data.size, label: word, alternative: alternative, note: note)
            if let picture { pictures.append(picture) }
        }
        for (number, side) in sides.enumerated() {
            let key = Entries.Inversion.latents[SampleName(ItemName(match.item), side)]
            guard
                let stored = storedBits(step: match.step, phase: key.phase, name: key.name)
            else { continue }
            let word = side?.rawValue ?? "picture"
            let state = [match.winner, match.loser][number].map {
                $0 ? "✓ comes out again" : "✗ does not come out again"
            }
            if let picture = try Thumbnail.latent(
                stored.bits.map { Float(bitPattern: $0) }, shape: stored.shape, label: "\(stage) \(word)",
                alternative: "The \(stage) \(word) of item \(match.item) in step \(match.step), as it was recorded",
                note: state ?? "")
            {
                pictures.append(picture)
            }
        }
        return LatentFigures.Exhibit(match: match, caption: caption, pictures: pictures)
    }

    /// The planes as the model saw them, mirrored where the step mirrored them, and whether their digest is the recorded
    /// one.
    private static func held(
        _ planes: [Float], _ shape: [Int], recorded trace: StepTrace, as key: RecordKey<RecordedTensor>
    ) -> (values: [Float], note: String) {
        guard let digest = trace[key] else { return (planes, "digest not kept") }
        for (values, word) in [
            (planes, "✓ recorded digest"),
            (PixelPlanes.flipped(planes, width: shape[2]), "✓ recorded digest, mirrored"),
        ]
        where Tensor(values, shape: shape).digest(named: key.name) == digest {
            return (values, word)
        }
        return (planes, "✗ not the recorded digest")
    }

    /// An item of the data, found again by its name.
    private enum Found {
        case pair(any PreferenceDataset, PairLabels.Label, caption: String)
        case picture(any CaptionedPictures, Int)

        var caption: String {
            switch self {
            case .pair(_, _, let caption): caption
            case .picture(let pictures, let index): pictures.caption(at: index)
            }
        }

        /// The planes of the winner (0) or the loser (1), not mirrored; of a single judged picture those of the one that was
        /// drawn.
        func planes(
            _ number: Int, _ recipe: Recipe, _ trace: StepTrace, _ match: LatentFigures.Match, isEncoded: Bool
        ) throws -> [Float]? {
            let (size, item) = (recipe.data.size, match.item)
            switch self {
            case .picture(let pictures, let index): return try pictures.pixels(at: index, size: size)
            case .pair(let dataset, let label, _):
                var isWinner = number == 0
                if let weights = trace.record[Entries.Batch.weights],
                    trace.record[.batch]?.tensors?.count == weights.count, weights.indices.contains(item)
                {
                    isWinner = weights[item] > 0
                }
                if isEncoded {
                    let pictures = try LatentEncoding.prepared(dataset, at: label.index, recipe)
                    return pictures[(isWinner ? label.winner : label.winner.other).rawValue].planes
                }
                // As the step placed them, for the sake of crops.
                let pictures = try recipe.preparation.unmirrored.pictures(
                    of: dataset, at: label.index,
                    sides: number == 0
                        ? [isWinner ? label.winner : label.winner.other] : [label.winner, label.winner.other],
                    size: size,
                    draws: PictureDraws(seed: recipe.seed, step: match.step, item: item))
                return pictures.last?.planes
            }
        }
    }

    private static func find(_ id: String, in items: BatchSource.Items) -> Found? {
        switch items {
        case .pairs(let dataset, let labels):
            for label in labels.labels {
                let pair = dataset.item(at: label.index)
                if utf8Equal(pair.id, id) { return .pair(dataset, label, caption: pair.caption) }
            }
            return nil
        case .pictures(let pictures):
            guard let index = Int(id.dropFirst("picture-".count)), (0..<pictures.count).contains(index) else {
                return nil
            }
            return .picture(pictures, index)
        }
    }
}
