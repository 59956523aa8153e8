/// Two pictures of one caption, with their scores and a vote.
public struct ShapesPair: Sendable {
    /// One of the two pictures.
    public struct Entry: Sendable {
        /// The picture.
        public let picture: ShapesPicture
        /// What is wrong with it; empty if it is faithful.
        public let flaws: [ShapesFlaw]
        /// How good it is, in thousandths: 1000 − 2 (|dx| + |dy|) − Σ weight · severity, never below 0, where dx and dy
        /// are the jitter of the position in canvas units.
        public let score: Int
    }

    /// What both pictures ought to show.
    public let caption: ShapesCaption
    /// The first picture.
    public let first: Entry
    /// The second picture.
    public let second: Entry
    /// What the simulated voter says.
    public let vote: ShapesVote

    /// The scores as rewards in [0, 1].
    public var scores: (Double, Double) { (Double(first.score) / 1_000, Double(second.score) / 1_000) }
}
