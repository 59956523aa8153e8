import Checkpoints
import Compute
import Core

/// Makes a latent set, file by file, in one process or several: a file is whole or not there, and has the same bytes
/// whoever makes it. The list comes last, when all files are there.
package struct LatentSetWriter {
    /// The set's folder.
    package let folder: String
    /// What it is made of.
    package let source: LatentSetSource
    /// Its sizes.
    package let layout: LatentSetLayout
    private let dataset: any PreferenceDataset
    private let captions: LatentSetCaptions?

    /// A set of `dataset` in `folder`; `captions` where text states are kept. Its pairs are as the data have them: scores of a
    /// reward model, of which a training on the same data may have another one, leave no trace.
    package init(
        folder: String, source: LatentSetSource, layout: LatentSetLayout, dataset: any PreferenceDataset,
        captions: LatentSetCaptions?
    ) {
        precondition(layout.pairs == dataset.count && layout.texts?.count == captions?.texts.count)
        self.folder = folder
        self.source = source
        self.layout = layout
        self.dataset = (dataset as? ScoredPairs)?.pairs ?? dataset
        self.captions = captions
    }

    /// What the set is made of, as a digest: every file of it has it.
    package var key: Digest { LatentSet.key(source, layout) }

    /// The set, if it is whole and of this source. - Throws: `LatentSetMismatch` for another set in the folder, and what
    /// `LatentSet.load` throws.
    package func present() throws -> LatentSet? {
        guard LatentSet.isThere(folder) else { return nil }
        let set = try LatentSet.load(folder: folder)
        guard set.key == key else { throw LatentSetMismatch(set, source) }
        return set
    }

    /// The files that are still to be made. One that is damaged counts as not there.
    /// - Throws: `LatentSetMismatch` for a file of another set.
    package func missing() throws -> [LatentSetFile] {
        try layout.files.filter { file in
            guard FileContents.exists("\(folder)/\(file.name)") else { return true }
            guard let other = try? Checkpoint(safetensors: "\(folder)/\(file.name)") else { return true }
            if let found = other.metadata("set"), found != key.hex {
                throw LatentSetMismatch(folder: folder, what: file.name, expected: key.hex, found: found)
            }
            return (try? LatentSetRows(file, in: folder, key: key, layout: layout)) == nil
        }
    }

    /// Takes away the files of a set, begun or whole, that is not this one; nothing else in the folder is touched.
    /// - Throws: `FileError`.
    package func removeOther() throws {
        guard FileContents.isFolder(folder) else { return }
        let names = try FileContents.names(in: folder).filter { name in
            name.wholeMatch(of: /(pairs|texts)-[0-9]+\.safetensors/) != nil
        }
        let list = "\(folder)/\(LatentSet.listName)"
        let isOwn = (try? LatentSet.load(folder: folder)).map { $0.key == key } ?? false
        let others = names.filter { name in
            (try? Checkpoint(safetensors: "\(folder)/\(name)"))?.metadata("set").map { $0 != key.hex } ?? true
        }
        // The list first: files that are left of a set are none without it.
        if !isOwn { try FileContents.remove([list]) }
        try FileContents.remove(others.map { "\(folder)/\($0)" })
    }

    /// Makes one file. `progress` is told of each row that is done, and may throw to stop; nothing of the file is left
    /// then. - Throws: what `maker` and `progress` throw, `FileError`, `CheckpointError` for a number that is not finite.
    package func write(_ file: LatentSetFile, by maker: any LatentMaker, progress: () throws -> Void = {}) throws {
        let tensors: [String: Tensor]
        switch file.kind {
        case .pairs: tensors = try pairs(file, maker, progress)
        case .texts: tensors = try texts(file, maker, progress)
        }
        let items = layout.items(of: file)
        try Safetensors.write(
            items, metadata: LatentSetRows.metadata(key: key, file), to: "\(folder)/\(file.name)"
        ) { place in
            guard let tensor = tensors[items[place].name] else { preconditionFailure("made above") }
            return tensor
        }
    }

    private func pairs(
        _ file: LatentSetFile, _ maker: any LatentMaker, _ progress: () throws -> Void
    ) throws -> [String: Tensor] {
        let latentBytes = MemoryLayout<Float>.stride * layout.latent.reduce(1, *)
        var latents = PairSide.allCases.map { _ in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(file.rows.count * latentBytes)
            return bytes
        }
        var (frames, places): ([Int], [Int]) = ([], [])
        var (flips, items, digests): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
        for index in file.rows {
            let item = dataset.item(at: index)
            let row = LatentRow(
                item: item.digest, pictures: try maker.encoded(at: index),
                caption: captions?.place(of: item.caption))
            precondition(row.pictures.count == 2, "both pictures of a pair")
            for (side, picture) in row.pictures.enumerated() {
                precondition(picture.latent.shape == layout.latent, "latents of the set's shape")
                if let found = firstNonFinite(picture.latent) {
                    throw CheckpointError(
                        .nonFinite, file: "\(folder)/\(file.name)", tensor: LatentPairs.name(PairSide.allCases[side]),
                        "the latent of \(item.id), \(item.image(of: PairSide.allCases[side])), is not finite",
                        found: "\(found)",
                        hint: "an autoencoder whose weights overflow, or a picture that it cannot take")
                }
                latents[side] += picture.latent.copiedBytes
                frames += [picture.frame.height, picture.frame.width, picture.frame.top, picture.frame.left]
                flips.append(picture.isFlipped ? 1 : 0)
            }
            if let place = row.caption { places.append(place) }
            items += item.digest.bytes
            digests += row.digests.flatMap(\.bytes)
            try progress()
        }
        let count = file.rows.count
        var tensors = [
            "frames": Tensor(bytes: frames.littleEndianBytes, shape: [count, 2, 4], dtype: .i64),
            "flips": Tensor(bytes: flips, shape: [count, 2], dtype: .u8),
            "items": Tensor(bytes: items, shape: [count, Digest.byteCount], dtype: .u8),
            "digests": Tensor(bytes: digests, shape: [count, 3, Digest.byteCount], dtype: .u8),
        ]
        if captions != nil {
            tensors["captions"] = Tensor(bytes: places.littleEndianBytes, shape: [count], dtype: .i64)
        }
        for side in PairSide.allCases {
            tensors[LatentPairs.name(side)] = Tensor(
                bytes: latents[side.rawValue], shape: [count] + layout.latent, dtype: .f32)
        }
        return tensors
    }

    private func texts(
        _ file: LatentSetFile, _ maker: any LatentMaker, _ progress: () throws -> Void
    ) throws -> [String: Tensor] {
        guard let texts = layout.texts, let captions else { preconditionFailure("a set with text states") }
        var (context, pooled, digests): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
        context.reserveCapacity(file.rows.count * MemoryLayout<Float>.stride * texts.context.reduce(1, *))
        for place in file.rows {
            let states = try maker.states([captions.texts[place]])
            precondition(states.context.shape == [1] + texts.context, "states of the set's shape")
            guard firstNonFinite(states.context) == nil, states.pooled.map(firstNonFinite) ?? nil == nil else {
                throw CheckpointError(
                    .nonFinite, file: "\(folder)/\(file.name)", tensor: "context",
                    "the states of a caption are not finite", found: captions.texts[place])
            }
            context += states.context.copiedBytes
            pooled += states.pooled?.copiedBytes ?? []
            digests +=
                LatentRow.digest(
                    of: captions.texts[place], context: states.context.reshaped(texts.context),
                    pooled: states.pooled.map { $0.reshaped(Array($0.shape.dropFirst())) }
                ).bytes
            try progress()
        }
        let count = file.rows.count
        var tensors = [
            "context": Tensor(bytes: context, shape: [count] + texts.context, dtype: .f32),
            "digests": Tensor(bytes: digests, shape: [count, 1, Digest.byteCount], dtype: .u8),
        ]
        if let width = texts.pooled { tensors["pooled"] = Tensor(bytes: pooled, shape: [count, width], dtype: .f32) }
        return tensors
    }

    /// Writes the pairs and the list of a set whose files are all there, after every row of them has been read again.
    /// - Throws: `LatentSetChanged` for a row that is not what its digest says, `CheckpointError`, `FileError`.
    package func finish() throws -> LatentSet {
        let path = "\(folder)/\(FolderPairs.listName)"
        try AtomicFile.write(to: path) { file in
            for index in 0..<dataset.count { try file.append(LatentSetWriter.line(dataset.item(at: index))) }
        }
        var files: [LatentSetFile.Kind: [Digest]] = [:]
        for kind in LatentSetFile.Kind.allCases {
            files[kind] = try layout.files(kind).map {
                try LatentSetRows($0, in: folder, key: key, layout: layout).digest
            }
        }
        let set = LatentSet(
            folder: folder, source: source, layout: layout, files: files, pairs: try Digest.file(path))
        try set.requireIntact(dataset, captions)
        try AtomicFile.write(set.list, to: "\(folder)/\(LatentSet.listName)")
        return set
    }

    /// A pair as a line of `pairs.jsonl`, without the names of its pictures: they are the set's rows.
    private static func line(_ item: PairItem) -> [UInt8] {
        var line: JSONObject = [
            "caption": .string(item.caption), "label_0": .decimal(item.label0), "label_1": .decimal(item.label1),
        ]
        if let score0 = item.score0, let score1 = item.score1 {
            line["score_0"] = .decimal(score0)
            line["score_1"] = .decimal(score1)
        }
        return JSONValue.object(line).canonicalBytes + [0x0A]
    }
}
