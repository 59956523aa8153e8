import Compute

/// SmPO's smoothed preference label (paper eq. for α/γ; public code train.py 739–747): rewards scaled by their minimum
/// and maximum, compared by a softmax.
///
///     r′ = (s − min) / (max − min)     α/γ = σ(r′_w − r′_l)     W = 2α − γ = γ(2·α/γ − 1)
package struct SmoothedLabel: Sendable, Equatable {
    /// Lowest and highest reward, given or taken over the data set.
    package let scoreRange: ClosedRange<Double>
    /// γ (the public code: 10).
    package let gamma: Float

    /// PickScore cosines of Pick-a-Pic, the constants in the public code.
    package static let pickScoreRange = 0.11543526500463486...0.28201571106910706

    /// A label over `scoreRange` with sharpness γ.
    package init(scoreRange: ClosedRange<Double>, gamma: Float = 10) {
        self.scoreRange = scoreRange
        self.gamma = gamma
    }

    /// α/γ: the probability that the winner is better.
    package func probability(winner: Float, loser: Float) -> Float {
        let (low, width) = (Float(scoreRange.lowerBound), Float(scoreRange.upperBound - scoreRange.lowerBound))
        return Elementary.sigmoid((winner - low) / width - (loser - low) / width)
    }

    /// W = γ(2·α/γ − 1): negative if the loser has the higher reward.
    package func weight(winner: Float, loser: Float) -> Float {
        gamma * (2 * probability(winner: winner, loser: loser) - 1)
    }
}
