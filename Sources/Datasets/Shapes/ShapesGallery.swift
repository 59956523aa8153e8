import Core

/// Faithful captioned pictures of the shapes world, to train a base model on.
package struct ShapesGallery: CaptionedPictures {
    /// The world that the pictures are drawn from.
    package let world: ShapesWorld
    /// The number of pictures.
    package let count: Int
    /// `SHA-256` over the digests of captions and pictures in order, in the domain of data sets.
    package let digest: Digest

    /// The first `count` pictures of a world. Draws each once, for the digest.
    package init(world: ShapesWorld, count: Int) {
        precondition(count >= 0, "a count from 0")
        self.world = world
        self.count = count
        digest = .of(
            .dataset,
            (0..<count).map { index in
                .of(
                    .dataItem,
                    .object([
                        "caption": .string(world.caption(at: index).text),
                        "image": .digest(world.picture(at: index).digest),
                    ]))
            })
    }

    /// The words that go with the picture at `index`.
    package func caption(at index: Int) -> String { world.caption(at: checked(index)).text }

    /// The digest of the picture's raw bytes.
    package func imageDigest(at index: Int) -> Digest { world.picture(at: checked(index)).digest }

    /// The picture at `index`, [3, size, size]. It is drawn, not resized: `size` must be the world's side.
    /// - Throws: `ShapesError.otherSize`.
    package func pixels(at index: Int, size: Int) throws -> [Float] {
        guard size == world.side else { throw ShapesError.otherSize(asked: size, drawn: world.side) }
        return world.picture(at: checked(index)).pixels
    }

    private func checked(_ index: Int) -> Int {
        precondition((0..<count).contains(index), "an index below \(count)")
        return index
    }
}

extension ShapesPicture {
    /// The digest of the raw bytes [side, side, 3], in the domain of files.
    package var digest: Digest { .of(.file, bytes) }
}
