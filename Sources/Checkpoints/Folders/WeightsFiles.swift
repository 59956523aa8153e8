import Core

/// Which files of a folder are its weights. Comparing, digesting, listing, training and verifying all ask here.
struct WeightsFiles {
    /// The folder, for messages.
    let folder: String
    /// What is there, whole files and indexes, in byte order of the names.
    let files: [WeightsFile]
    /// Parts of something sharded that no index lists: they cannot be read, for nobody says what is whole.
    let parts: [WeightsFile]

    /// The weights among the files of a folder. Without `readsIndexes` the shards of an index are among the parts.
    init(_ folder: InventoriedFolder, readsIndexes: Bool = true) {
        self.folder = folder.place
        let all = folder.files.compactMap { WeightsFile($0, readsIndex: readsIndexes) }
        let listed = Set(all.flatMap(\.shards).map { Array($0.utf8) })
        let loose = all.filter { $0.isIndex || !listed.contains(Array($0.file.name.utf8)) }
        let splits = WeightsFile.splits(loose)
        files = loose.filter { !$0.isPart } + splits
        let covered = splits.flatMap { [$0.file.name] + $0.shards }
        parts = loose.filter { part in part.isPart && !covered.contains { utf8Equal($0, part.file.name) } }
    }

    /// Those with the names that diffusers and transformers give a model's weights.
    var models: [WeightsFile] { files.filter { WeightsFile.modelStems.contains($0.stem) } }

    /// What the files of a folder come to.
    struct Reading {
        /// The folder's own weights.
        var model: WeightsFile?
        /// Other forms of the same model: another precision, another format.
        var otherForms: [WeightsFile] = []
        /// What stands for itself: adapters, embeddings, states of optimisers, whole checkpoints beside a pipeline.
        var besides: [WeightsFile] = []
    }

    /// What is read, and as what. In the root of a pipeline no file is the model.
    ///
    /// The plain name is the model where a variant lies beside it, and safetensors where a pickle of the same variant
    /// does, as diffusers and transformers have it.
    /// - Throws: `CheckpointError` (`layout`) where two could be meant.
    func reading(inPipelineRoot isRoot: Bool, isAdapter: Bool) throws -> Reading {
        var result = Reading()
        let adapters = isAdapter ? files.filter { $0.stem == WeightsFile.adapterStem } : []
        let named = isRoot ? [] : adapters.isEmpty ? models : adapters
        result.besides = files.filter { file in !named.contains { $0.file.path == file.file.path } }
        guard named.isEmpty else {
            let model = try chosen(named)
            result.model = model
            result.otherForms = named.filter { $0.file.path != model.file.path }
            return result
        }
        guard !isRoot else { return result }
        // Under another name it is the model where it is alone of its format.
        let others = result.besides.filter { !$0.isTrainingState }
        for format in [FileNature.Format.safetensors, .pickle, .gguf] {
            let some = others.filter { $0.format == format }
            guard !some.isEmpty else { continue }
            if some.count == 1 {
                result.model = some[0]
                result.besides.removeAll { $0.file.path == some[0].file.path }
            }
            break
        }
        return result
    }

    /// The one of several forms that both libraries would take.
    private func chosen(_ named: [WeightsFile]) throws -> WeightsFile {
        let plain = named.filter { $0.variant == nil }
        let variants = Set(named.map(\.variant))
        let safe = { (files: [WeightsFile]) in files.filter { $0.format == .safetensors } }
        var candidates = named
        if !safe(plain).isEmpty {
            candidates = safe(plain)
        } else if safe(named).isEmpty, !plain.isEmpty {
            candidates = plain
        } else if variants.count == 1, !safe(named).isEmpty {
            candidates = safe(named)
        }
        guard candidates.count == 1 else {
            throw CheckpointError(
                .layout, file: folder, "several files of weights",
                found: candidates.map(\.file.name).joined(separator: ", "),
                hint: "keep one; smpo diff and digest also take the file itself, and leave files out by --ignore-file")
        }
        return candidates[0]
    }

    /// The folder's own weights where they are to be computed with.
    /// - Throws: `CheckpointError` (`layout`) where there are none, or two could be meant.
    func model(_ variant: WeightsVariant) throws -> WeightsFile {
        if case .named(let name) = variant {
            let own = models.filter { $0.variant.map { utf8Equal($0, name) } ?? false }
            let plain = models.filter { $0.variant == nil }
            if !own.isEmpty || !plain.isEmpty { return try chosen(own.isEmpty ? plain : own) }
        }
        if let model = try reading(inPipelineRoot: false, isAdapter: false).model {
            try requirePlain(model, variant)
            return model
        }
        throw CheckpointError(
            .layout, file: folder, "no weights",
            expected: WeightsFile.modelStems.map { "\($0).safetensors" }.joined(separator: ", ")
                + ", the same in shards with an index, .bin, .pt or .gguf",
            hint: parts.first.map { "there is \($0.file.name), a part without an index" })
    }

    /// Throws where the only form is not the one that was asked for.
    private func requirePlain(_ model: WeightsFile, _ variant: WeightsVariant) throws {
        guard let found = model.variant, variant != .whatIsThere else { return }
        throw CheckpointError(
            .layout, file: folder, "no weights of the form that is asked for",
            expected: variant == .plain ? "\(model.stem).safetensors or another plain name" : "\(variant)",
            found: models.map(\.file.name).joined(separator: ", "),
            hint: "the recipe's key model.variant: \(found) reads them")
    }
}
