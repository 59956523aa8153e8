import Core

/// Preference pairs in a fixed order, whatever they come from: the built-in generator, a folder, a table.
///
/// A conforming type is a pure function of its inputs: the same index gives the same item and the same pixels, in any
/// order of asking and from any thread. `digest` stands for all of it in a manifest.
package protocol PreferenceDataset: Sendable {
    /// The number of pairs.
    var count: Int { get }

    /// Stands for the whole data set: computed from the digests of all items, in order.
    var digest: Digest { get }

    /// Planes of a picture: 3 for RGB, more or fewer for latents.
    var channels: Int { get }

    /// The pair at `index`, in `0..<count`: what is known of it without its pixels.
    func item(at index: Int) -> PairItem

    /// One picture of the pair at `index` as the model takes it.
    ///
    /// - Parameters:
    ///   - index: the pair, in `0..<count`.
    ///   - which: the first or the second picture of the pair.
    ///   - size: edge length in pixels; a picture of another size is brought to it in a way that the type documents.
    /// - Returns: `channels * size * size` values, rows from the top (CHW); those of pictures are in [-1, 1], planes in
    ///   the order R, G, B.
    /// - Throws: an error that names the file, or the item, that cannot be read.
    func pixels(at index: Int, which: PairSide, size: Int) throws -> [Float]

    /// One picture of the pair at `index` in 8 bits and at its own size; nil where `pixels` draws it at any size asked
    /// for, or where it is a latent.
    /// - Throws: an error that names the file that cannot be read.
    func image(at index: Int, which: PairSide) throws -> Image?

    /// The same with the samples that its file has; of one that is drawn as it is drawn, which its file would have. Nil of a
    /// latent.
    /// - Throws: an error that names the file that cannot be read.
    func storedPicture(at index: Int, which: PairSide) throws -> StoredPicture?

    /// Which part of the stored picture `pixels` shows at this size: what SDXL is told of it.
    /// - Parameter size: edge length of the picture in pixels; of a latent that of the picture that it stands for.
    /// - Throws: an error that names the file that cannot be read.
    func frame(at index: Int, which: PairSide, size: Int) throws -> PictureFrame
}

extension PreferenceDataset {
    /// RGB.
    package var channels: Int { 3 }

    /// No picture of its own size.
    package func image(at index: Int, which: PairSide) throws -> Image? { nil }

    /// The picture as RGB.
    package func storedPicture(at index: Int, which: PairSide) throws -> StoredPicture? {
        try image(at: index, which: which).map { StoredPicture($0, file: item(at: index).image(of: which)) }
    }

    /// The middle of a picture that has a size of its own, else the whole.
    package func frame(at index: Int, which: PairSide, size: Int) throws -> PictureFrame {
        guard let image = try image(at: index, which: which) else { return PictureFrame(height: size, width: size) }
        let placement = PicturePlacement(height: image.height, width: image.width, edge: size)
        return PictureFrame(height: image.height, width: image.width, top: placement.top, left: placement.left)
    }

    /// The digest of a data set of these pairs: in the domain `dataset`, over the items' digests in order.
    package static func digest(of items: [PairItem]) -> Digest { Digest.of(.dataset, items.map(\.digest)) }
}

/// Picks one of the two pictures of a pair; the raw value is the number in the column names `image_0` and `image_1`.
package enum PairSide: Int, Sendable, CaseIterable {
    /// The picture that the columns `image_0`, `label_0`, `score_0` speak of.
    case image0 = 0
    /// The picture that the columns `image_1`, `label_1`, `score_1` speak of.
    case image1 = 1

    /// The other picture of the pair.
    package var other: PairSide { self == .image0 ? .image1 : .image0 }
}
