import Compute
import Core
import Datasets
import Diffusion
import Preferences

/// Makes the batch of any step from the run's seed, the data and the labels, without the batches before it.
package struct BatchSource: Sendable {
    /// What the items are.
    package enum Items: Sendable {
        /// Labelled pairs.
        case pairs(any PreferenceDataset, PairLabels)
        /// Captioned pictures.
        case pictures(any CaptionedPictures)

        var count: Int {
            switch self {
            case .pairs(_, let labels): labels.labels.count
            case .pictures(let pictures): pictures.count
            }
        }
    }

    /// How timesteps are drawn.
    package enum Timesteps: String, Sendable, CaseIterable {
        /// Every timestep alike.
        case uniform
        /// Density growing with t: ⌊T·√u⌋.
        case high
    }

    /// What shapes a batch, asked of the run's recipe.
    package struct Settings: Sendable {
        private let recipe: Recipe
        /// T; nil where nothing is noised.
        package let timestepCount: Int?

        /// A run of `recipe`.
        /// - Parameters:
        ///   - edge: that of the latents that pictures were made into; nil of what is trained on as it is.
        ///   - pixelsPerLatent: of data that are latents.
        init(
            _ recipe: Recipe, timestepCount: Int?, edge: Int? = nil,
            pixelsPerLatent: Int = DiffusionModel.pixelsPerLatent
        ) {
            (self.recipe, self.timestepCount, self.edge) = (recipe, timestepCount, edge)
            self.pixelsPerLatent = pixelsPerLatent
        }
        private let edge: Int?
        private let pixelsPerLatent: Int

        private var objective: ObjectiveKind { recipe.objective.kind }
        /// Edge of the pictures, or of the latents.
        package var size: Int { edge ?? recipe.data.size }
        /// Edge of the pictures in pixels: of latents of those that they stand for.
        package var pictureSize: Int { isLatent ? pixelsPerLatent * size : recipe.data.size }
        /// Whether the data are latents that were made elsewhere.
        package var isLatent: Bool { recipe.data.isLatent }
        /// What the network is told of the pictures' sizes.
        package var timeIDs: Recipe.Data.TimeIDs { recipe.data.timeIDs }
        /// The run's seed.
        package var seed: UInt64 { recipe.seed }
        /// Items a step.
        package var itemsPerStep: Int { recipe.training.pairsPerStep }
        /// How timesteps are drawn.
        package var timesteps: Timesteps { recipe.training.timesteps }
        /// Probability that a caption is emptied.
        package var captionDropout: Float { Float(recipe.training.captionDropout) }
        /// How pictures are made ready; latents were, when they were made.
        package var preparation: PicturePreparation { edge == nil ? recipe.preparation : .plain }
        /// Whether each picture's crop was drawn, and is recorded.
        var recordsCrops: Bool { recipe.data.preparation.crop == .random }
        /// Pictures an item has.
        package var samplesPerItem: Int { objective.samplesPerItem }
        /// Share of good pictures, for single pictures that people judged; nil for objectives of other items.
        package var positiveRatio: Float? { recipe.objective.settings.positiveRatio.map { Float($0) } }
        /// Whether the objective needs noise.
        package var needsNoise: Bool { objective.noising == .forward }
        /// Whether fresh noise is added during the inversion.
        package var needsInversionNoise: Bool { (recipe.inversion?.noiseScale ?? 0) != 0 }
        /// Whether captions are encoded on the tape.
        package var trainsTextEncoder: Bool { objective.trainsScorer || recipe.training.trainTextEncoder }
        /// Whether the inversion is guided and needs the empty caption.
        package var needsEmptyCaption: Bool { recipe.inversion?.isGuided ?? false }
    }

    /// The items.
    package let items: Items
    /// The numbers.
    package let settings: Settings
    let model: RunModel
    let engine: Engine

    /// The batch of step `step`, counted from 1.
    package func batch(_ step: Int) throws -> TrainingBatch {
        let picks = picks(step)
        let timesteps = timesteps(step)
        let dropped = draws(.captionDropout, step, count: picks.count).map { $0 < settings.captionDropout }
        let areGood = settings.positiveRatio.map { ratio in
            draws(.sampler, step, count: picks.count).map { $0 < ratio }
        }
        var (entries, captions, pictures): ([TrainingBatch.Item], [String], [PreparedPicture]) = ([], [], [])
        var sizes: [SizeCondition] = []
        let shape = [1, model.channels, settings.size, settings.size]
        for (place, pick) in picks.enumerated() {
            let (item, caption, prepared, told) = try load(
                pick, timestep: timesteps[place], isGood: areGood?[place],
                draws: PictureDraws(seed: settings.seed, step: step, item: place))
            entries.append(item)
            sizes += told
            captions.append(dropped[place] ? "" : caption)
            pictures += prepared
        }
        let x0 = engine.stacked(pictures.map { Tensor($0.planes, shape: shape) })
        let noise = settings.needsNoise ? noise(step, shape: Array(shape.dropFirst())) : nil
        let inversionNoise =
            settings.needsInversionNoise
            ? InversionNoise(seed: settings.seed, step: step, samples: x0.shape[0]) : nil
        let encoding = settings.trainsTextEncoder ? nil : model.diffusionModel
        let conditioning: Conditioning =
            try encoding.map { .encoded(try states(picks, captions, of: $0)) } ?? .tokens(captions.map(model.tokenIDs))
        return TrainingBatch(
            items: entries, x0: x0, crops: settings.recordsCrops ? pictures.map(\.frame) : nil,
            noise: noise, inversionNoise: inversionNoise, conditioning: conditioning,
            unconditional: settings.needsEmptyCaption
                ? try model.diffusionModel.map { try states([nil], [""], of: $0) } : nil,
            sizes: sizes)
    }

    /// The states of captions, each that of the item at a place in the data or the empty one: of a latent set, or encoded here.
    private func states(_ places: [Int?], _ captions: [String], of model: DiffusionModel) throws -> TextStates {
        guard case .pairs(let dataset, let labels) = items, let pairs = dataset as? EncodedPairs, pairs.hasTextStates
        else { return model.encode(captions, engine: engine) }
        return TextStates.joined(
            try zip(places, captions).map { place, caption in
                let index = caption.isEmpty ? nil : place.map { labels.labels[$0].index }
                let states = try pairs.states(at: index)
                return TextStates(context: states.context, pooled: states.pooled)
            }, engine: engine)
    }

    /// What the network is told of the sizes of samples that lie in their pictures as `frames` say; nothing where it does not
    /// ask.
    private func sizes(_ frames: @autoclosure () throws -> [PictureFrame], count: Int) throws -> [SizeCondition] {
        guard model.needsSizes else { return [] }
        let edge = settings.pictureSize
        return switch settings.timeIDs {
        case .fixed: [SizeCondition](repeating: SizeCondition(square: edge), count: count)
        case .picture: try frames().map { SizeCondition($0, edge: edge) }
        }
    }

    /// The places of the step's items in the data: epoch after epoch, each in an order of its own.
    func picks(_ step: Int) -> [Int] {
        let first = (step - 1) * settings.itemsPerStep
        var (epoch, order): (Int, [Int]) = (-1, [])
        return (first..<first + settings.itemsPerStep).map { position in
            if position / items.count != epoch {
                epoch = position / items.count
                order = RandomStream(seed: settings.seed, .order, step: epoch).permutation(count: items.count)
            }
            return order[position % items.count]
        }
    }

    private func timesteps(_ step: Int) -> [Int] {
        guard let timestepCount = settings.timestepCount else {
            return [Int](repeating: 0, count: settings.itemsPerStep)
        }
        let stream = RandomStream(seed: settings.seed, .timestep, step: step)
        switch settings.timesteps {
        case .uniform: return stream.integers(below: timestepCount, count: settings.itemsPerStep)
        case .high:
            return stream.uniforms(count: settings.itemsPerStep).map {
                Int((Double(timestepCount) * Double($0).squareRoot()).rounded(.down))
            }
        }
    }

    /// One draw an item, which its pictures share: [items · samples, c, h, w].
    private func noise(_ step: Int, shape: [Int]) -> Tensor {
        let stream = RandomStream(seed: settings.seed, .noise, step: step)
        let drawn = engine.normals(stream, shape: [settings.itemsPerStep] + shape)
        guard settings.samplesPerItem > 1 else { return drawn }
        return engine.stacked(
            (0..<settings.itemsPerStep).flatMap {
                [Tensor](repeating: drawn.slice($0..<$0 + 1), count: settings.samplesPerItem)
            })
    }

    private func draws(_ name: StreamName, _ step: Int, count: Int) -> [Float] {
        RandomStream(seed: settings.seed, name, step: step).uniforms(count: count)
    }

    /// Pictures of a pair; a scorer brings them to its size as it does when it scores.
    private func pictures(
        of dataset: any PreferenceDataset, at index: Int, sides: [PairSide], draws: PictureDraws
    ) throws -> [PreparedPicture] {
        let (preparation, size) = (settings.preparation, settings.size)
        guard case .scorer(let scorer) = model else {
            return try preparation.pictures(of: dataset, at: index, sides: sides, size: size, draws: draws)
        }
        return try sides.enumerated().map { place, side in
            let planes =
                try dataset.image(at: index, which: side).map { PixelPlanes.planar(try scorer.processor.square($0)) }
                ?? dataset.pixels(at: index, which: side, size: size)
            return preparation.square(
                planes, size: size, place: place, draws: draws, frame: PictureFrame(height: size, width: size))
        }
    }

    private func load(
        _ pick: Int, timestep: Int, isGood: Bool?, draws: PictureDraws
    ) throws -> (item: TrainingBatch.Item, caption: String, pictures: [PreparedPicture], sizes: [SizeCondition]) {
        switch items {
        case .pairs(let dataset, let labels):
            let label = labels.labels[pick]
            let pair = dataset.item(at: label.index)
            let sides =
                settings.samplesPerItem == 2
                ? [label.winner, label.winner.other] : [isGood ?? true ? label.winner : label.winner.other]
            let prepared = try self.pictures(of: dataset, at: label.index, sides: sides, draws: draws)
            let sizes = try sizes(
                settings.isLatent
                    ? sides.map { try dataset.frame(at: label.index, which: $0, size: settings.pictureSize) }
                    : prepared.map(\.frame), count: sides.count)
            let weight = settings.samplesPerItem == 2 ? label.weight : isGood ?? true ? 1 : -1
            return (
                TrainingBatch.Item(
                    id: pair.id, digest: pair.digest, weight: weight, timestep: timestep,
                    label: pair.humanWinner == nil ? 0.5 : 1), pair.caption, prepared, sizes
            )
        case .pictures(let pictures):
            let digest = try pictures.imageDigest(at: pick)
            return (
                TrainingBatch.Item(id: "picture-\(pick)", digest: digest, weight: 1, timestep: timestep),
                pictures.caption(at: pick),
                [
                    settings.preparation.square(
                        try pictures.pixels(at: pick, size: settings.size), size: settings.size, place: 0,
                        draws: draws, frame: PictureFrame(height: settings.size, width: settings.size))
                ],
                try sizes([PictureFrame(height: settings.size, width: settings.size)], count: 1)
            )
        }
    }
}
