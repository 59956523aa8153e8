import Foundation
import Preferences
import Testing

@Suite struct SmoothedLabelTests {
    private static let pickScore = SmoothedLabel(scoreRange: SmoothedLabel.pickScoreRange, gamma: 10)

    /// Gaps of PickScore cosines and their weights, as computed by hand from the public code's constants.
    @Test(arguments: [(0.005, 0.150), (0.010, 0.300), (0.020, 0.600), (0.0334, 1.0), (0.050, 1.49)])
    func weightsOfPickScoreGaps(gap: Float, weight: Float) {
        let found = Self.pickScore.weight(winner: 0.2 + gap, loser: 0.2)
        #expect(abs(found - weight) < 0.006, "gap \(gap): \(found)")
    }

    @Test func theWholeRangeGivesAtMostTanhOfAHalf() {
        let range = SmoothedLabel.pickScoreRange
        let found = Self.pickScore.weight(winner: Float(range.upperBound), loser: Float(range.lowerBound))
        #expect(abs(Double(found) - 10 * tanh(0.5)) < 2e-5)
        #expect(abs(Self.pickScore.probability(winner: 0.28201571, loser: 0.11543527) - 0.7310586) < 1e-6)
    }

    /// W(w, l) = −W(l, w) up to the roundings of σ near ½, and α/γ sums to 1.
    @Test func swappingThePicturesTurnsTheSign() {
        for index in 0..<200 {
            let (a, b) = (Float(index % 20) * 0.008 + 0.12, Float(index / 20) * 0.016 + 0.115)
            let (forth, back) = (Self.pickScore.weight(winner: a, loser: b), Self.pickScore.weight(winner: b, loser: a))
            #expect(abs(forth + back) <= 4e-6)
            let sum = Self.pickScore.probability(winner: a, loser: b) + Self.pickScore.probability(winner: b, loser: a)
            #expect(abs(sum - 1) <= 2 * Float.ulpOfOne)
            if a == b { #expect(forth == 0) }
        }
    }
}
