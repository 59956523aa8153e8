import Core

/// What the tensors of a checkpoint are, whatever layout their names are of: the parts of a model in the common form, which
/// is that of the present diffusers and transformers, and all else by what it is. No tensor is left out.
package struct ModelContents: Sendable {
    /// Something that has no place in the common form.
    package struct Besides: Sendable {
        /// What it is of.
        package enum Kind: String, Sendable {
            /// Computed from something else.
            case buffer
            /// Averaged weights beside the trained ones, or the trained ones where the average was chosen.
            case otherWeights = "other weights"
            /// The state of a training.
            case training = "training state"
            /// Weights that the model does not use.
            case unused
            /// In a folder or file of its own that is no part of the model: a safety checker, a ControlNet.
            case beside = "beside the model"
            /// Nothing that is known.
            case unknown
        }
        package let tensor: CheckpointTensor
        package let kind: Kind
        /// What it is, in words.
        package let why: String
        /// Its name in the common form, with the part in front, where both layouts have it.
        package let path: String
    }

    /// The file or folder, as the caller named it.
    package let file: String
    /// Who names the tensors, in words.
    package let layout: String
    /// Whether the names are those of a single file or of open_clip, and not of the folders of diffusers or transformers.
    package let isForeign: Bool
    /// Whether some name is of the common form and not as the present versions write it.
    package let isOlder: Bool
    /// Whether the names are those of one part of a model, with nothing before them that says which.
    package let isBare: Bool
    /// The tensors of the model in the common form, in byte order of `path`.
    package let tensors: [ModelTensor]
    /// All others, in byte order of their names.
    package let besides: [Besides]
    /// Whether the file has averaged weights besides.
    package let hasAverage: Bool
    /// The UNet's blocks.
    let unet: UNetLayout?

    /// The parts of the model, in byte order.
    package var components: [String] { Set(tensors.map(\.component)).sorted(by: utf8Less) }

    /// The weights of a part of the model, in the common form.
    /// - Throws: `CheckpointError` (`missingTensor`) where the file has nothing of it.
    package func component(_ name: String) throws -> Checkpoint {
        let own = tensors.filter { $0.component == name }.map(\.tensor)
        guard !own.isEmpty else {
            throw CheckpointError(
                .missingTensor, file: file, "no tensor of the \(name) in it", expected: layout,
                found: components.joined(separator: ", "),
                hint: name == "unet" && hasAverage ? "its averaged weights (EMA) are there: choose ema" : nil)
        }
        return try Checkpoint(path: file, container: "\(name) of \(layout)", tensors: own)
    }

    /// Sorts out a checkpoint.
    /// - Parameters:
    ///   - weights: which weights are the model's, of a file that has the average too.
    ///   - other: what a file in another layout has, for the blocks of a UNet of which this one has a part.
    /// - Throws: `CheckpointError`: `duplicateName` where two tensors mean one, `shape`, `missingTensor` where the average
    ///   is asked for and not whole.
    package init(
        _ checkpoint: Checkpoint, weights: WeightsChoice = .plain, completedBy other: ModelContents? = nil
    ) throws {
        var sorting = ModelSorting(checkpoint)
        try sorting.translate(completedBy: other?.unet)
        if weights == .ema { try sorting.takeAverage() }
        (file, tensors, besides) = (checkpoint.path, sorting.sortedTensors, sorting.sortedBesides)
        (layout, isForeign, hasAverage) = (sorting.layout, sorting.isForeign, sorting.hasAverage)
        (isOlder, isBare) = (sorting.isOlder, sorting.isBare)
        unet = sorting.unet
        for (left, right) in zip(tensors, tensors.dropFirst()) where utf8Equal(left.path, right.path) {
            throw CheckpointError(
                .duplicateName, file: file, tensor: right.stored.name, "stands for the same as another tensor",
                found: "\"\(left.stored.name)\"")
        }
    }

    /// The tensors, those of a file of one part under the part that they fit in another model: names alone do not tell one
    /// text encoder from another, nor from the text tower of a CLIP model.
    package func aligned(with other: ModelContents) -> [ModelTensor] {
        let encoders = ["text_encoder", "text_encoder_2", "clip"]
        guard components.count == 1, encoders.contains(components[0]) else { return tensors }
        let fits = other.components.filter(encoders.contains).max { fit($0, other) < fit($1, other) }
        guard let fits, fits != components[0], fit(fits, other) > fit(components[0], other) else { return tensors }
        return tensors.map {
            ModelTensor(component: fits, tensor: $0.tensor, stored: $0.stored, transform: $0.transform)
        }.sorted { utf8Less($0.path, $1.path) }
    }

    /// How many of another model's tensors of a part have the name and the numbers of one of these.
    private func fit(_ component: String, _ other: ModelContents) -> Int {
        let counts = Dictionary(tensors.map { ($0.tensor.name, $0.tensor.count) }) { first, _ in first }
        return other.tensors.count { $0.component == component && counts[$0.tensor.name] == $0.tensor.count }
    }
}

extension Checkpoint {
    /// A single file as the folder that it stands for names its tensors, what is no part of the model as it is; all other
    /// checkpoints as they are. - Throws: `CheckpointError`.
    func inCommonForm() throws -> Checkpoint {
        let contents = try ModelContents(self)
        guard contents.isForeign else { return self }
        return try Checkpoint(
            path: path, container: container,
            tensors: contents.tensors.map { $0.tensor.named(contents.isBare ? $0.tensor.name : $0.path) }
                + contents.besides.map(\.tensor), metadata: metadata, files: files)
    }
}
