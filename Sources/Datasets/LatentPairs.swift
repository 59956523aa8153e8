import Checkpoints
import Compute
import Core

/// Preference pairs whose pictures an autoencoder has encoded beforehand: a folder with `pairs.jsonl` and
/// `latents.safetensors`, or a `LatentSet`.
///
/// A line of the list is that of `FolderPairs`; `image_0` and `image_1` may be left out. The file holds `latents_0` and
/// `latents_1`, both [pairs, c, edge, edge], as F32, F16 or BF16: row i belongs to line i + 1, already scaled as the UNet
/// takes them.
///
/// Loading reads everything once and keeps digests; the numbers stay in the mapped file. A latent's digest is that of a
/// tensor named `latents` [c, edge, edge] with the values as Float32, so it does not depend on the file's element type.
/// Reading a latent again checks it.
package struct LatentPairs: PreferenceDataset {
    /// The name of the file of latents inside the folder.
    package static let fileName = "latents.safetensors"

    /// The pairs in the order of their lines.
    package let items: [PairItem]
    /// Stands for `items` in a manifest.
    package let digest: Digest
    /// Stands for the whole set where the latents are one: SDXL is told of the pictures what stands beside the latents, and in no
    /// item.
    package var setDigest: Digest? { if case .set(let latents) = numbers { latents.digest } else { nil } }
    /// Planes of a latent.
    package let channels: Int
    /// Height and width of a latent.
    package let size: Int
    private let numbers: Numbers

    /// Where the latents are.
    private enum Numbers: Sendable {
        /// In one file: the latents of each side.
        case file(String, [Tensor])
        /// In the files of a set.
        case set(LatentSet)
    }

    /// The number of pairs.
    package var count: Int { items.count }

    /// Reads a folder.
    /// - Throws: `FolderPairsError` for malformed lines; `CheckpointError` for latents that are missing, of another type
    ///   or shape, or not finite; `FileError` when a file cannot be opened.
    package static func load(folder path: String) throws -> LatentPairs {
        let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
        if LatentSet.isThere(folder) { return try LatentPairs(LatentSet.load(folder: folder)) }
        let lines = try FolderPairsLine.readAll(
            "\(folder)/\(FolderPairs.listName)", folder: path, pictures: .optional)
        let source = try Checkpoint(safetensors: "\(folder)/\(fileName)")
        let names = PairSide.allCases.map(name)
        if let other = source.names.first(where: { !names.contains($0) }) {
            throw CheckpointError(
                .invalidInput, file: source.path, tensor: other, "an unknown tensor",
                expected: names.joined(separator: " and "), hint: "keep other tensors in another file")
        }
        let sides = try PairSide.allCases.map { try tensor(of: $0, in: source, pairs: lines.count) }
        guard sides[0].shape == sides[1].shape else {
            throw CheckpointError(
                .shape, file: source.path, tensor: names[1], "the latents of a pair differ in shape",
                expected: "\(sides[0].shape), as \(names[0])", found: "\(sides[1].shape)")
        }
        let items = try lines.enumerated().map { index, line in
            let digests = try PairSide.allCases.map { side in
                let latent = row(index, of: sides[side.rawValue])
                if let found = firstNonFinite(latent) {
                    throw CheckpointError(
                        .nonFinite, file: source.path, tensor: names[side.rawValue],
                        "not a finite number in row \(index), \(line.id)", found: "\(found)")
                }
                return digest(of: latent)
            }
            return item(line, index, digests)
        }
        return LatentPairs(
            items: items, digest: digest(of: items), channels: sides[0].shape[1], size: sides[0].shape[2],
            numbers: .file(source.path, sides))
    }

    private init(items: [PairItem], digest: Digest, channels: Int, size: Int, numbers: Numbers) {
        (self.items, self.digest, self.channels, self.size) = (items, digest, channels, size)
        self.numbers = numbers
    }

    /// The latents of a set, whatever they were made of.
    /// - Throws: `LatentSetChanged`, `CheckpointError`, `FolderPairsError` for pairs that are not those of the set.
    private init(_ latents: LatentSet) throws {
        let (list, shape) = (latents.pairsPath, latents.layout.latent)
        try latents.requirePairs()
        let lines = try FolderPairsLine.readAll(list, folder: latents.folder, pictures: .optional)
        guard lines.count == latents.layout.pairs, shape[1] == shape[2] else {
            throw CheckpointError(
                .shape, file: "\(latents.folder)/\(LatentSet.listName)", "pairs of square latents are trained on",
                expected: "\(lines.count) pairs of [channels, edge, edge]", found: "\(latents.layout.pairs) of \(shape)"
            )
        }
        let items = zip(lines, try latents.digestsOfLatents()).enumerated().map { index, row in
            LatentPairs.item(row.0, index, row.1)
        }
        self.init(
            items: items, digest: LatentPairs.digest(of: items), channels: shape[0], size: shape[1],
            numbers: .set(latents))
    }

    private static func item(_ line: FolderPairsLine, _ index: Int, _ digests: [Digest]) -> PairItem {
        let names = PairSide.allCases.map { "\(name($0))[\(index)]" }
        return PairItem(
            id: line.id, caption: line.caption, image0: line.image0.isEmpty ? names[0] : line.image0,
            image1: line.image1.isEmpty ? names[1] : line.image1, imageDigest0: digests[0], imageDigest1: digests[1],
            label0: line.label0, label1: line.label1, score0: line.score0, score1: line.score1)
    }

    /// The pair at `index`, in `0..<count`.
    package func item(at index: Int) -> PairItem { items[index] }

    /// One latent, [c, size, size]; `size` must be the latents' own.
    /// - Throws: `FolderImageChanged`, of a set `LatentSetChanged` and `CheckpointError`.
    package func pixels(at index: Int, which: PairSide, size: Int) throws -> [Float] {
        precondition(size == self.size, "latents of edge \(self.size) cannot have edge \(size)")
        let (file, sides): (String, [Tensor])
        switch numbers {
        case .set(let latents): return try latents.latent(at: index, which: which).floats
        case .file(let path, let tensors): (file, sides) = (path, tensors)
        }
        let latent = LatentPairs.row(index, of: sides[which.rawValue])
        let (expected, found) = (items[index].imageDigest(of: which), LatentPairs.digest(of: latent))
        guard found == expected else {
            throw FolderImageChanged(file: file, item: items[index].id, expected: expected, found: found)
        }
        return LatentPairs.float32(latent).floats
    }

    /// Which part of its picture a latent shows, where a set says so; else the whole of one of `size` pixels.
    package func frame(at index: Int, which: PairSide, size: Int) throws -> PictureFrame {
        guard case .set(let latents) = numbers else { return PictureFrame(height: size, width: size) }
        return try latents.facts(at: index).frames[which.rawValue]
    }

    /// Pixels of a picture along an edge for one of its latents, where a set says so.
    package var pixelsPerLatent: Int? {
        guard case .set(let latents) = numbers, case .object(let rules) = latents.source.preparation,
            case .number(let number)? = rules["size"], let pixels = number.int64, Int(pixels) % size == 0
        else { return nil }
        return Int(pixels) / size
    }

    /// The tensor of a side: `latents_0`, `latents_1`.
    static func name(_ side: PairSide) -> String { "latents_\(side.rawValue)" }

    private static func tensor(of side: PairSide, in source: Checkpoint, pairs: Int) throws -> Tensor {
        let entry = try source.require(named: name(side))
        func refusal(_ kind: CheckpointError.Kind, _ problem: String, _ expected: String, _ found: String) -> Error {
            CheckpointError(
                kind, file: source.path, tensor: name(side), problem, expected: expected, found: found)
        }
        guard let dtype = entry.type.dtype, [.f32, .f16, .bf16].contains(dtype) else {
            throw refusal(.dtype, "latents of this type are not supported", "F32, F16 or BF16", entry.type.name)
        }
        guard entry.shape.count == 4, !entry.shape.contains(0), entry.shape[2] == entry.shape[3] else {
            throw refusal(.shape, "wrong shape", "[pairs, channels, edge, edge]", "\(entry.shape)")
        }
        guard entry.shape[0] == pairs else {
            throw refusal(
                .shape, "not as many rows as \(FolderPairs.listName) has lines", "\(pairs)", "\(entry.shape[0])")
        }
        return try source.tensor(named: name(side))
    }

    private static func row(_ index: Int, of side: Tensor) -> Tensor {
        side.slice(index..<index + 1).reshaped(Array(side.shape.dropFirst()))
    }

    private static func float32(_ latent: Tensor) -> Tensor {
        guard let values = FloatConversion.float32(latent) else { preconditionFailure("floating-point, as loaded") }
        return values
    }

    private static func digest(of latent: Tensor) -> Digest { float32(latent).digest(named: "latents") }
}
