import Compute
import Core
import Datasets
import Diffusion

extension Recipe {
    /// What the run's model consists of.
    package var layout: PipelineLayout {
        if objective.kind.trainsScorer { return .scorer }
        return data.isLatent ? .latentDiffusion : .diffusion
    }

    /// The component that the run is about.
    var policyComponent: String { objective.kind.trainsScorer ? "clip" : "unet" }

    /// The model in memory; where it is new, drawn by the workers of `engine`. Of the components `unread` there are shapes
    /// alone. Throws with the file, key or tensor at fault.
    package func pipeline(on engine: Engine, unread: Set<String> = []) throws -> Pipeline {
        try model.pipeline(layout, .numbers(engine), unread: unread)
    }

    /// The model without numbers: everything that it consists of besides weights is read, and fits together. Throws with
    /// the file and key at fault.
    package func outline(on device: ShapeDevice = ShapeDevice()) throws -> Pipeline {
        try model.pipeline(layout, .shapes(device))
    }

    /// Digests of what the recipe's model is made of: of a new one its configurations and its tokenizer, whose numbers the
    /// recipe's seed gives; of one in a folder everything. Throws with the file and key at fault.
    package func modelDigests() throws -> [String: Digest] {
        if case .folder(let folder) = model {
            return Pipeline.inputs(try Pipeline(layout, folder).digests())
        }
        return Pipeline.inputs(try outline().configurationDigests)
    }
}

extension Recipe.Model {
    /// The model, with numbers or without; of the components `unread` without.
    package func pipeline(
        _ layout: PipelineLayout, _ weights: ModelWeights, unread: Set<String> = []
    ) throws -> Pipeline {
        switch self {
        case .folder(let folder): return try Pipeline(layout, folder, shapes: weights.shapes, unread: unread)
        case .fresh(let fresh):
            var tokenizers = ["tokenizer": try fresh.tokenizer.open()]
            tokenizers["tokenizer_2"] = try fresh.tokenizer2?.open()
            return try Pipeline(
                layout, configurations: fresh.configurations, given: tokenizers, weights: weights, seed: fresh.initSeed,
                unread: unread)
        case .scorer(let fresh):
            let edge = try CLIPConfig(path: fresh.clip).vision.imageSize
            return try Pipeline(
                layout, configurations: ["clip": fresh.clip],
                given: [
                    "tokenizer": fresh.tokenizer.open(), "image_processor": CLIPImageProcessorConfig(edge: edge),
                ], weights: weights, seed: fresh.initSeed)
        }
    }
}

extension Recipe.Model.Tokenizer {
    /// The tokenizer with its files.
    fileprivate func open() throws -> CaptionTokenizer {
        switch self {
        case .folder(let path): return try CaptionTokenizer(TokenizerFiles(folder: path))
        case .shapes:
            let vocabulary = ShapesVocabulary()
            return try CaptionTokenizer(
                TokenizerFiles([
                    (name: "merges.txt", bytes: Array(vocabulary.mergesText.utf8)),
                    (name: "vocab.json", bytes: Array(vocabulary.vocabularyJSON.utf8)),
                ]))
        }
    }
}
