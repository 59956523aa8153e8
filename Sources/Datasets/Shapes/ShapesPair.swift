/// Two pictures of one caption, with their scores and a vote.
package struct ShapesPair: Sendable {
    /// One of the two pictures.
    package struct Entry: Sendable {
        /// The picture.
        package let picture: ShapesPicture
        /// What is wrong with it; empty if it is faithful.
        package let flaws: [ShapesFlaw]
        /// How good it is, in thousandths: 1000 − 2 (|dx| + |dy|) − Σ weight · severity, never below 0, where dx and dy
        /// are the jitter of the position in canvas units.
        package let score: Int
    }

    /// What both pictures ought to show.
    package let caption: ShapesCaption
    /// The first picture.
    package let first: Entry
    /// The second picture.
    package let second: Entry
    /// What the simulated voter says.
    package let vote: ShapesVote

    /// The scores as rewards in [0, 1].
    package var scores: (Double, Double) { (Double(first.score) / 1_000, Double(second.score) / 1_000) }
}
