/// A simulated human vote on two pictures: often right, never certain, and undecided when they are close.
///
/// For scores in thousandths with gap g the three outcomes have the weights
/// right `60 + g`, wrong `60`, tie `9000 / (60 + g)` (integer division).
package enum ShapesVote: Equatable, Sendable {
    case first, second, tie

    /// The vote in the notation of the data sets: 1 and 0, 0 and 1, or ½ each.
    package var labels: (Double, Double) {
        switch self {
        case .first: (1, 0)
        case .second: (0, 1)
        case .tie: (0.5, 0.5)
        }
    }

    static func cast(firstScore: Int, secondScore: Int, _ random: inout ShapesRandom) -> ShapesVote {
        let gap = abs(firstScore - secondScore)
        let (right, wrong, tie) = (60 + gap, 60, 9_000 / (60 + gap))
        let draw = random.below(right + wrong + tie)
        if draw >= right + wrong { return .tie }
        return (draw < right) == (firstScore >= secondScore) ? .first : .second
    }
}
