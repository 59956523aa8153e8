/// The shapes world: captioned pictures and preference pairs, each a pure function of seed and index.
///
/// Everything is drawn with integer arithmetic, so the bytes are the same on every machine.
package struct ShapesWorld: Sendable {
    /// The seed that all pictures depend on.
    package let seed: UInt64
    /// Width and height of the pictures: 16 or 32 pixels.
    package let side: Int
    /// The captions in use. Index i has caption i modulo their number.
    package let captions: [ShapesCaption]

    /// The sides that the generator can draw.
    package static let sides = [16, 32]

    /// A world of one seed, one picture size and one split of the captions.
    /// - Throws: `ShapesError.unsupportedSide` if `side` is not in `sides`.
    package init(seed: UInt64, side: Int = 16, split: ShapesSplit = .training) throws(ShapesError) {
        guard Self.sides.contains(side) else { throw .unsupportedSide(side) }
        self.seed = seed
        self.side = side
        captions = split.captions
    }

    /// The caption of a picture or a pair.
    package func caption(at index: Int) -> ShapesCaption {
        precondition(index >= 0, "an index from 0")
        return captions[index % captions.count]
    }

    /// A faithful picture of `caption(at: index)`, with its jitter.
    package func picture(at index: Int) -> ShapesPicture {
        render(index, variant: 0, flawed: false).picture
    }

    /// Two pictures of `caption(at: index)` to choose between.
    ///
    /// In six of ten pairs one picture is faithful and the other flawed, else both are flawed. Which comes first is
    /// drawn.
    package func pair(at index: Int) -> ShapesPair {
        var order = random(.order, index, variant: 0)
        let bothFlawed = order.below(10) >= 6
        let swapped = order.below(2) == 1
        let better = render(index, variant: 1, flawed: bothFlawed)
        let worse = render(index, variant: 2, flawed: true)
        let (first, second) = swapped ? (worse, better) : (better, worse)
        var votes = random(.votes, index, variant: 0)
        return ShapesPair(
            caption: caption(at: index), first: first, second: second,
            vote: .cast(firstScore: first.score, secondScore: second.score, &votes))
    }

    private func render(_ index: Int, variant: Int, flawed: Bool) -> ShapesPair.Entry {
        let caption = caption(at: index)
        var jitter = random(.jitter, index, variant: variant)
        var scene = ShapesScene(caption, jitter: &jitter)
        var choice = random(.flaws, index, variant: variant)
        let flaws = flawed ? ShapesFlaw.draw(&choice) : []
        for flaw in flaws { scene.apply(flaw, to: caption, &choice) }
        var grain = random(.grain, index, variant: variant)
        return ShapesPair.Entry(
            picture: scene.paint(side: side, grain: &grain), flaws: flaws, score: scene.score)
    }

    private func random(_ stream: ShapesRandom.Stream, _ index: Int, variant: Int) -> ShapesRandom {
        ShapesRandom(seed: seed, stream: stream, index: UInt64(index) * 4 + UInt64(variant))
    }
}
