import Checkpoints
import Compute
import Core

/// Changes what a latent set holds behind its maker's back. It is for copies, on which the self-test of the audit
/// (`smpo audit --self-test`) sees whether such changes are found; no command changes a set that was made.
package struct LatentSetForgery {
    private let latents: LatentSet

    /// Forgeries of the set in `folder`. - Throws: what `LatentSet.load` throws.
    package init(folder: String) throws { latents = try LatentSet.load(folder: folder) }

    /// Stands for the set as it is now.
    package var digest: Digest { latents.digest }

    /// The set with a bit of either latent of a pair changed; `rehashing` makes all digests anew that stand for it.
    /// - Throws: what reading and writing the files throws.
    package func withOtherLatents(ofPair row: Int, rehashing: Bool) throws -> LatentSetForgery {
        try changed(.pairs, row, PairSide.allCases.map(LatentPairs.name), rehashing: rehashing) { tensors in
            PairSide.allCases.map { LatentRow.digest(of: tensors[LatentPairs.name($0)]!) }
        }
    }

    /// The set with a bit of the states of the caption at `row` changed, and of its pooled text where it has some.
    /// - Throws: what reading and writing the files throws.
    package func withOtherStates(of caption: String, at row: Int, rehashing: Bool) throws -> LatentSetForgery {
        let names = ["context"] + (latents.layout.texts?.pooled == nil ? [] : ["pooled"])
        return try changed(.texts, row, names, rehashing: rehashing) { tensors in
            [LatentRow.digest(of: caption, context: tensors["context"]!, pooled: tensors["pooled"])]
        }
    }

    /// Changes a bit in the middle of the largest number of each of a row's tensors `names`; the first digests of the row are
    /// made anew by `digests`.
    private func changed(
        _ kind: LatentSetFile.Kind, _ row: Int, _ names: [String], rehashing: Bool,
        digests: ([String: Tensor]) -> [Digest]
    ) throws -> LatentSetForgery {
        let file = latents.layout.file(kind, of: row)
        let rows = try LatentSetRows(file, in: latents.folder, key: latents.key, layout: latents.layout)
        let items = latents.layout.items(of: file)
        let place = row - file.rows.lowerBound
        var bytes: [String: [UInt8]] = [:]
        for item in items { bytes[item.name] = try file.rows.flatMap { try rows.tensor(item.name, $0).copiedBytes } }
        var changed: [String: Tensor] = [:]
        for name in names {
            let own = try rows.tensor(name, row)
            let values = own.floats
            let largest = values.indices.max { abs(values[$0]) < abs(values[$1]) } ?? 0
            var other = own.copiedBytes
            other[MemoryLayout<Float>.stride * largest + 1] ^= 1 << 4
            bytes[name]?.replaceSubrange(place * other.count..<(place + 1) * other.count, with: other)
            changed[name] = Tensor(bytes: other, shape: own.shape, dtype: .f32)
        }
        if rehashing {
            let width = rows.digests(row).count * Digest.byteCount
            let new = digests(changed).flatMap(\.bytes)
            bytes["digests"]?.replaceSubrange(place * width..<place * width + new.count, with: new)
        }
        // A copy may hold links: they go, not what they lead to.
        try FileContents.remove([rows.path])
        try Safetensors.write(items, metadata: LatentSetRows.metadata(key: latents.key, file), to: rows.path) { index in
            Tensor(bytes: bytes[items[index].name]!, shape: items[index].shape, dtype: items[index].dtype)
        }
        return rehashing ? try relisted(file) : self
    }

    /// The set with the list made anew for a file that was.
    private func relisted(_ file: LatentSetFile) throws -> LatentSetForgery {
        var files = latents.files
        files[file.kind]?[file.number] =
            try LatentSetRows(file, in: latents.folder, key: latents.key, layout: latents.layout).digest
        let changed = LatentSet(
            folder: latents.folder, source: latents.source, layout: latents.layout, files: files, pairs: latents.pairs)
        let list = "\(latents.folder)/\(LatentSet.listName)"
        try FileContents.remove([list])
        try AtomicFile.write(changed.list, to: list)
        return try LatentSetForgery(folder: latents.folder)
    }
}
