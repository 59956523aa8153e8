import Compute
import Core
import Datasets
import Diffusion
import Preferences

extension Recipe.Model {
    /// The model in memory. Throws with the file, key or tensor at fault.
    /// - Parameter forLatents: whether an autoencoder in the folder is left alone, since nothing has to be encoded.
    func open(on engine: Engine, forLatents: Bool) throws -> ModelFolder {
        switch self {
        case .folder(let path): try ModelFolder(path: path, ignoresAutoencoder: forLatents)
        case .fresh(let fresh): try FreshModel(fresh).open(on: engine)
        case .scorer: preconditionFailure("the recipe's objective decides what its model is")
        }
    }

    /// The scorer in memory. Throws with the file, key or tensor at fault.
    func openScorer(on engine: Engine) throws -> PickScore {
        switch self {
        case .folder(let path): return try PickScore(path: path)
        case .scorer(let fresh):
            let config = try CLIPConfig(path: fresh.clip)
            let (tokenizer, files) = try fresh.tokenizer.open()
            return try PickScore(
                model: CLIPModel(config: config, loader: ParameterLoader(seed: fresh.initSeed, engine: engine)),
                tokenizer: tokenizer, tokenizerFiles: files,
                processor: CLIPImageProcessorConfig(edge: config.vision.imageSize))
        case .fresh: preconditionFailure("the recipe's objective decides what its model is")
        }
    }
}

extension Recipe {
    /// Reads what the run's model consists of besides weights, schedule and tokenizer included, and whether it fits
    /// together. Throws with the file and key at fault.
    package func checkConfigurations() throws {
        switch model {
        case .folder(let path) where objective.name == .pickscore: try PickScore.checkConfigurations(path: path)
        case .folder(let path): try ModelFolder.checkConfigurations(path: path, ignoresAutoencoder: data.isLatent)
        case .fresh(let fresh): _ = try FreshModel(fresh)
        case .scorer(let fresh):
            let config = try CLIPConfig(path: fresh.clip)
            try ModelFit.check(
                clip: config, tokenizer: fresh.tokenizer.open().0,
                processor: CLIPImageProcessorConfig(edge: config.vision.imageSize))
        }
    }
}

extension Recipe {
    /// Digests of what the recipe's model is made of: of a new one its configurations and its tokenizer, whose numbers the
    /// recipe's seed gives; of one in a folder everything. Throws with the file and key at fault.
    package func modelDigests() throws -> [String: Digest] {
        switch model {
        case .folder(let path) where objective.name == .pickscore: return try PickScore(path: path).digests
        case .folder(let path): return try ModelFolder(path: path, ignoresAutoencoder: data.isLatent).digests()
        case .fresh(let fresh):
            let model = try FreshModel(fresh)
            return [
                "model/unet/config": Digest.of(.document, model.unet.diffusersJSON),
                "model/text_encoder/config": .of(.document, model.textEncoder.transformersJSON),
                "model/scheduler": .of(.document, model.scheduler.diffusersJSON),
            ].merging(model.tokenizerFiles.digests("model/tokenizer")) { first, _ in first }
        case .scorer(let fresh):
            return try fresh.tokenizer.open().1.digests("model/tokenizer").merging([
                "model/config.json": .of(.document, try CLIPConfig(path: fresh.clip).transformersJSON)
            ]) { first, _ in first }
        }
    }
}

extension FreshModel {
    /// Reads the configurations and the tokenizer that a recipe names.
    package init(_ recipe: Recipe.Model.Fresh) throws {
        let (tokenizer, files) = try recipe.tokenizer.open()
        try self.init(
            unet: UNetConfig(path: recipe.unet), textEncoder: CLIPTextConfig(path: recipe.textEncoder),
            scheduler: SchedulerConfig(path: recipe.scheduler), tokenizer: tokenizer, tokenizerFiles: files,
            seed: recipe.initSeed)
    }
}

extension Recipe.Model.Tokenizer {
    /// The tokenizer with its files.
    fileprivate func open() throws -> (CLIPTokenizer, TokenizerFiles) {
        switch self {
        case .folder(let path): return try ModelFolder.openTokenizer(path)
        case .shapes:
            let vocabulary = ShapesVocabulary()
            let files = TokenizerFiles([
                (name: "merges.txt", bytes: Array(vocabulary.mergesText.utf8)),
                (name: "vocab.json", bytes: Array(vocabulary.vocabularyJSON.utf8)),
            ])
            return (try CLIPTokenizer(files), files)
        }
    }
}
