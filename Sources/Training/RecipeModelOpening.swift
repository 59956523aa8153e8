import Datasets
import Diffusion
import Preferences
import Tensors

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

extension FreshModel {
    /// Reads the configurations and the tokenizer that a recipe names.
    public init(_ recipe: Recipe.Model.Fresh) throws {
        let (tokenizer, files) = try recipe.tokenizer.open()
        try self.init(
            unet: UNetConfig(path: recipe.unet), textEncoder: CLIPTextConfig(path: recipe.textEncoder),
            scheduler: SchedulerConfig(path: recipe.scheduler), tokenizer: tokenizer, tokenizerFiles: files,
            seed: recipe.initSeed)
    }
}

extension Recipe.Model.Tokenizer {
    /// The tokenizer with the bytes of its files.
    fileprivate func open() throws -> (CLIPTokenizer, [(name: String, bytes: [UInt8])]) {
        switch self {
        case .folder(let path): return try ModelFolder.openTokenizer(path)
        case .shapes:
            let vocabulary = ShapesVocabulary()
            let files = [
                (name: "merges.txt", bytes: Array(vocabulary.mergesText.utf8)),
                (name: "vocab.json", bytes: Array(vocabulary.vocabularyJSON.utf8)),
            ]
            return (try CLIPTokenizer(vocabulary: files[1].bytes, merges: files[0].bytes), files)
        }
    }
}
