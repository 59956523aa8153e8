import Core

/// Preference pairs of the shapes world.
///
/// An image's digest is that of its raw bytes [side, side, 3]; the data set's is that of all items' digests in order.
package struct ShapesDataset: PreferenceDataset {
    /// The world that the pairs are drawn from.
    package let world: ShapesWorld
    /// Stands for all pairs, in order.
    package let digest: Digest
    private let items: [PairItem]

    /// The first `count` pairs of a world. Draws each once, for the digests.
    package init(world: ShapesWorld, count: Int) {
        precondition(count >= 0, "a count from 0")
        self.world = world
        items = (0..<count).map { Self.item(world.pair(at: $0), index: $0) }
        digest = Self.digest(of: items)
    }

    /// The number of pairs.
    package var count: Int { items.count }

    /// What is known of the pair at `index`.
    package func item(at index: Int) -> PairItem { items[index] }

    /// One picture of the pair at `index`, [3, size, size]. It is drawn, not resized: `size` must be the world's side.
    /// - Throws: `ShapesError.otherSize`.
    package func pixels(at index: Int, which: PairSide, size: Int) throws -> [Float] {
        precondition(items.indices.contains(index), "an index below \(count)")
        guard size == world.side else { throw ShapesError.otherSize(asked: size, drawn: world.side) }
        let pair = world.pair(at: index)
        return (which == .image0 ? pair.first : pair.second).picture.pixels
    }

    /// One picture of the pair at `index` as it is drawn, at the world's side.
    package func storedPicture(at index: Int, which: PairSide) throws -> StoredPicture? {
        precondition(items.indices.contains(index), "an index below \(count)")
        let pair = world.pair(at: index)
        let picture = (which == .image0 ? pair.first : pair.second).picture
        return StoredPicture(
            Image(width: picture.side, height: picture.side, rgb: picture.bytes), file: items[index].image(of: which))
    }

    private static func item(_ pair: ShapesPair, index: Int) -> PairItem {
        let id = "pair-" + PaddedNumber.text(index, digits: 6)
        let images = (pair.first.picture.digest, pair.second.picture.digest)
        let (labels, scores, caption) = (pair.vote.labels, pair.scores, pair.caption.text)
        return PairItem(
            id: id, caption: caption, image0: id + "/0", image1: id + "/1", imageDigest0: images.0,
            imageDigest1: images.1, label0: labels.0, label1: labels.1, score0: scores.0, score1: scores.1)
    }
}
