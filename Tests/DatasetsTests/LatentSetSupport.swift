import Compute
import Core
import Foundation

@testable import Datasets

/// A maker without networks: numbers of a stream by pair, side and caption.
struct DrawnLatents: LatentMaker {
    let shape = [2, 4, 4]
    var pooled = true
    /// The pair whose second latent is not finite.
    var broken: Int?
    var seed: UInt64 = 1
    /// Rows of the first pair's pictures.
    var height = 20

    func encoded(at index: Int) throws -> [EncodedPicture] { PairSide.allCases.map { encoded(at: index, which: $0) } }

    func encoded(at index: Int, which: PairSide) -> EncodedPicture {
        let drawn = RandomStream(seed: seed, .noise, step: index).normals(start: 32 * which.rawValue, shape: shape)
        let latent =
            index == broken && which == .image1 ? Tensor([Float](repeating: .infinity, count: 32), shape: shape) : drawn
        return EncodedPicture(
            latent: latent,
            frame: PictureFrame(height: height + index, width: 30, top: which.rawValue, left: index % 3),
            isFlipped: (index + which.rawValue) % 2 == 0)
    }

    func states(_ captions: [String]) throws -> EncodedTexts {
        let rows = captions.map { caption in
            let step = caption.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
            return RandomStream(seed: seed, .noise, step: step).normals(start: 100, shape: [17]).floats
        }
        return EncodedTexts(
            context: Tensor(rows.flatMap { $0.prefix(15) }, shape: [rows.count, 3, 5]),
            pooled: pooled ? Tensor(rows.flatMap { $0.suffix(2) }, shape: [rows.count, 2]) : nil)
    }
}

/// A set of drawn latents of the built-in pairs, in a folder of its own.
struct LatentSetSample {
    let folder: String
    var maker = DrawnLatents()
    let pairs: ShapesDataset
    let captions: LatentSetCaptions?
    var source: LatentSetSource

    init(_ folder: String, pairs: Int = 11, texts: Bool = true) throws {
        self.folder = folder
        self.pairs = ShapesDataset(world: try ShapesWorld(seed: 3), count: pairs)
        captions = texts ? LatentSetCaptions(self.pairs) : nil
        source = LatentSetSource(
            contract: "ref-1", data: self.pairs.digest, preparation: ["size": 16], seed: 5,
            model: ["model/vae": Digest.of(.file, "vae")])
    }

    var layout: LatentSetLayout {
        LatentSetLayout(
            pairs: pairs.count, latent: maker.shape,
            texts: captions.map {
                LatentSetLayout.Texts(count: $0.texts.count, context: [3, 5], pooled: maker.pooled ? 2 : nil)
            }, pairsPerFile: 4, captionsPerFile: 3)
    }

    var writer: LatentSetWriter {
        LatentSetWriter(folder: folder, source: source, layout: layout, dataset: pairs, captions: captions)
    }

    @discardableResult func make() throws -> LatentSet {
        try FileContents.makeFolder(folder)
        for file in try writer.missing() { try writer.write(file, by: maker) }
        return try writer.finish()
    }

    /// The bytes of all files by their names.
    func bytes() throws -> [String: [UInt8]] {
        Dictionary(
            uniqueKeysWithValues: try FileContents.names(in: folder).map {
                ($0, try FileContents.read("\(folder)/\($0)"))
            })
    }

    static func with(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "latent-set-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
}
