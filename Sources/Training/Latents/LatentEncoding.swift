import Compute
import Core
import Datasets
import Diffusion

/// How the pictures of a recipe become the latents that its model is trained on, and its captions text states: what makes a
/// `LatentSet`, once for each pair, on the reference backend.
package struct LatentEncoding: LatentMaker {
    /// The pairs.
    package let pairs: any PreferenceDataset
    /// All that the set's numbers follow from.
    package let source: LatentSetSource
    private let recipe: Recipe
    private let model: DiffusionModel
    private let autoencoder: AutoencoderKL
    /// Edge of the latents.
    package let edge: Int
    private let engine: Engine

    /// The encoding of the recipe's `data` by `model`, whose digests are `digests` by their names in a manifest; nil where
    /// pictures are trained on as they are, or latents that were made elsewhere.
    /// - Throws: `TrainingError` for data that cannot be encoded.
    package init?(
        _ recipe: Recipe, _ data: RunData, _ model: DiffusionModel, digests: [String: Digest], on engine: Engine
    ) throws {
        guard let autoencoder = model.autoencoder, !recipe.data.isLatent else {
            if let key = recipe.data.latents.key {
                throw TrainingError.mismatch(
                    what: "data.\(key)", expected: "a model with an autoencoder, for pictures",
                    found: "a model without vae", hint: "leave the key out")
            }
            return nil
        }
        guard case .pairs(let pairs, _) = data.items else {
            throw TrainingError.mismatch(
                what: "objective.name: \(recipe.objective.name) on data.kind: shapes", expected: "pairs of pictures",
                found: "single ones", hint: "a model over an autoencoder's latents trains on pairs")
        }
        edge = try recipe.latentEdge(of: autoencoder)
        (self.pairs, self.recipe, self.model, self.autoencoder) = (pairs, recipe, model, autoencoder)
        self.engine = engine.on(.reference)
        source = LatentSetSource(
            recipe, contract: engine.contract.rawValue, data: pairs.digest, model: digests)
    }

    /// Planes of the latents.
    package var channels: Int { autoencoder.config.latentChannels }

    /// The folder of the set: the recipe's, or one below `folder` under the name of all that it is made of.
    package func place(below folder: String) -> String { source.place(recipe, below: folder) }

    /// The captions that have states, where states are kept.
    package func captions() -> LatentSetCaptions? { recipe.keepsTextStates ? LatentSetCaptions(pairs) : nil }

    /// What writes the set into `folder`.
    package func writer(in folder: String, _ captions: LatentSetCaptions?) -> LatentSetWriter {
        LatentSetWriter(
            folder: folder, source: source, layout: layout(captions: captions?.texts.count), dataset: pairs,
            captions: captions)
    }

    /// The sizes of the set; `captions` have states, or nil where none are kept.
    private func layout(captions: Int?) -> LatentSetLayout {
        let (length, encoders) = (model.textEncoders[0].length, model.textEncoders.map(\.network.config))
        return LatentSetLayout(
            pairs: pairs.count, latent: [autoencoder.config.latentChannels, edge, edge],
            texts: captions.map {
                LatentSetLayout.Texts(
                    count: $0,
                    context: [length, encoders.reduce(0) { $0 + $1.hiddenSize }],
                    pooled: encoders.count > 1 ? encoders[1].projectionDim : nil)
            })
    }

    /// Whether a set of these sizes is one that the model takes, however its rows are spread over files. How many captions it
    /// has is seen where one is read.
    func fits(_ layout: LatentSetLayout) -> Bool {
        var own = self.layout(captions: recipe.keepsTextStates ? layout.texts?.count ?? 1 : nil)
        (own.pairsPerFile, own.captionsPerFile) = (layout.pairsPerFile, layout.captionsPerFile)
        return own == layout
    }

    /// Both pictures of a pair as they are encoded.
    package static func prepared(
        _ pairs: any PreferenceDataset, at index: Int, _ recipe: Recipe
    ) throws -> [PreparedPicture] {
        try recipe.preparation.pictures(
            of: pairs, at: index, sides: PairSide.allCases, size: recipe.data.size,
            draws: PictureDraws(seed: recipe.data.latents.seed, step: index, item: 0))
    }

    /// Both pictures of a pair, made ready, encoded, sampled and scaled. What is drawn for them is drawn by the pair's place i in
    /// the data, the first picture being place 0 and the second place 1: mirroring and crops as of step i, item 0, the noise
    /// from `latentNoise` as of picture 2 · i + place.
    package func encoded(at index: Int) throws -> [EncodedPicture] {
        let (seed, size) = (recipe.data.latents.seed, recipe.data.size)
        let pictures = try LatentEncoding.prepared(pairs, at: index, recipe)
        return pictures.enumerated().map { place, picture in
            let moments = autoencoder.encode(engine.tensor(picture.planes, shape: [1, 3, size, size]), engine: engine)
            let stream = RandomStream(seed: seed, .latentNoise, step: 2 * index + place)
            let noise = engine.normals(stream, shape: moments.mean.shape)
            let latent = autoencoder.scaled(moments.sample(noise, engine: engine), engine: engine)
            return EncodedPicture(
                latent: latent.reshaped(Array(latent.shape.dropFirst())), frame: picture.frame,
                isFlipped: picture.isMirrored)
        }
    }

    /// The text states of captions, as a step without a set would encode them.
    package func states(_ captions: [String]) throws -> EncodedTexts {
        let states = model.encode(captions, engine: engine)
        return EncodedTexts(context: states.context, pooled: states.pooled)
    }
}

extension LatentSetSource {
    /// What the latents of a recipe's pictures are made of: `data` stands for the pairs, and `model` are the digests of the model's
    /// parts by their names in a manifest, those that have a part in it among others.
    package init(_ recipe: Recipe, contract: String, data: Digest, model: [String: Digest]) {
        let parts = ["model/vae"] + (recipe.keepsTextStates ? ["model/text_encoder", "model/tokenizer"] : [])
        self.init(
            contract: contract, data: data, preparation: recipe.preparationJSON, seed: recipe.data.latents.seed,
            model: model.filter { digest in parts.contains { digest.key.hasPrefix($0) } })
    }

    /// The folder of the set: the recipe's, or one below `folder` under the name of all that it is made of.
    package func place(_ recipe: Recipe, below folder: String) -> String {
        recipe.data.latents.folder ?? "\(folder)/\(digest.hex.prefix(16))"
    }
}

extension Recipe {
    /// Whether a latent set holds text states: a trained text encoder makes others in every step.
    package var keepsTextStates: Bool { data.latents.keepsTexts && !training.trainTextEncoder }

    /// The rules by which pictures are made ready, as a latent set states them.
    fileprivate var preparationJSON: JSONValue {
        var rules = preparation.json
        rules["size"] = .integer(data.size)
        return .object(rules)
    }
}

extension LatentEncoding {
    /// The encoding of a recipe's data by its model, both opened. Throws with the file, key or tensor at fault.
    package static func open(
        _ recipe: Recipe, on engine: Engine, scores: RewardScoresUse = RewardScoresUse()
    ) throws -> LatentEncoding {
        let data = try RunData(recipe, scores: scores)
        // The network has no part in it, and is by far the largest.
        let model = try DiffusionModel(recipe.pipeline(on: engine, unread: ["unet"]))
        let parts = model.pipeline.parts.filter { $0.kind.name != "unet" }
        let digests = try parts.reduce(into: model.pipeline.configurationDigests) { digests, part in
            if let (name, digest) = try part.component.weightsDigest(part.kind.folder) { digests[name] = digest }
        }
        guard
            let encoding = try LatentEncoding(
                recipe, data, model, digests: Pipeline.inputs(digests), on: engine)
        else {
            throw TrainingError.mismatch(
                what: "a latent set of \(recipe.name)", expected: "pictures, and a model with an autoencoder (vae)",
                found: recipe.data.isLatent ? "data.kind: latents" : "a model without one",
                hint: "there is nothing to encode")
        }
        // What cannot be trained afterwards need not be encoded.
        try SessionParts.check(model, recipe, channels: encoding.channels)
        if case .folder(let folder) = recipe.model {
            let weights = try folder.weights(of: "unet", in: model.pipeline)
            for request in model.unet.requests { try weights.require(named: request.name, shape: request.shape) }
        }
        return encoding
    }
}
