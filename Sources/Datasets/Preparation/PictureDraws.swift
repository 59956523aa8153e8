import Compute

/// What chance decides of an item's pictures, from the streams `flip` and `crop`: each draw can be made alone.
///
/// A picture's number is 2 · item + place, the winner's place being 0 and the loser's 1.
package struct PictureDraws: Sendable {
    private let seed: UInt64
    private let step: Int
    private let item: Int

    /// The draws of item `item` of a step, from 0; or of any other numbering, as the caller states it.
    package init(seed: UInt64, step: Int, item: Int) { (self.seed, self.step, self.item) = (seed, step, item) }

    /// Whether the picture is mirrored: half of the time.
    package func isMirrored(_ place: Int) -> Bool {
        RandomStream(seed: seed, .flip, step: step).uniforms(start: 2 * item + place, count: 1)[0] < 0.5
    }

    /// Where a random crop of the picture begins, `rows` and `columns` being how many places there are: elements 2 · p (top)
    /// and 2 · p + 1 (left) of picture p.
    package func corner(_ place: Int, rows: Int, columns: Int) -> (top: Int, left: Int) {
        let stream = RandomStream(seed: seed, .crop, step: step)
        let element = 2 * (2 * item + place)
        return (
            stream.integers(below: rows, start: element, count: 1)[0],
            stream.integers(below: columns, start: element + 1, count: 1)[0]
        )
    }
}
