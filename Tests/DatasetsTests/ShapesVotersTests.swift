import Foundation
import Testing

@testable import Datasets

@Suite("Shapes: simulated voters")
struct ShapesVotersTests {
    /// Pairs of the built-in world as voters see them, with the judge's rewards.
    private static func sights(
        _ count: Int
    ) throws -> [(first: ShapesVoters.Sight, second: ShapesVoters.Sight, rewards: (Double, Double))] {
        let (world, judge) = (try ShapesWorld(seed: 5), try ShapesJudge())
        return (0..<count).map { index in
            let pair = world.pair(at: index)
            let pixels = (pair.first.picture.pixels, pair.second.picture.pixels)
            let verdicts = (judge.judge(pixels.0, against: pair.caption), judge.judge(pixels.1, against: pair.caption))
            return (
                ShapesVoters.Sight(verdicts.0, pixels: pixels.0), ShapesVoters.Sight(verdicts.1, pixels: pixels.1),
                (verdicts.0.reward, verdicts.1.reward)
            )
        }
    }

    private static func right(_ voters: ShapesVoters, _ count: Int = 400) throws -> Double {
        let votes = try sights(count).enumerated().map { index, pair in
            (vote: voters.vote(index, pair.first, pair.second), isFirst: pair.rewards.0 > pair.rewards.1)
        }.filter { $0.vote != .tie }
        return Double(votes.count { ($0.vote == .first) == $0.isFirst }) / Double(votes.count)
    }

    @Test("People of one taste, without noise, agree with the judge; its reward is their utility")
    func agreement() throws {
        let voters = ShapesVoters(seed: 1, variety: 0, noise: 0)
        #expect(try Self.right(voters) == 1)
        for pair in try Self.sights(20) {
            #expect(abs(voters.utility(pair.first, of: 3) - pair.rewards.0) < 1e-12)
        }
    }

    @Test("Noise and variety each make labels worse; without end they are a toss-up")
    func noise() throws {
        let certain = try Self.right(ShapesVoters(seed: 1, variety: 0, noise: 0.02, ties: 0))
        let unsure = try Self.right(ShapesVoters(seed: 1, variety: 0, noise: 0.2, ties: 0))
        let lost = try Self.right(ShapesVoters(seed: 1, variety: 0, noise: 1e9, ties: 0))
        let varied = try Self.right(ShapesVoters(seed: 1, variety: 1, noise: 0))
        #expect(certain > 0.9 && certain > unsure && unsure > lost && varied < 1 && varied > 0.7)
        // Half, within four standard deviations of 400 tosses.
        #expect(abs(lost - 0.5) < 0.1)
    }

    @Test("The odds are Davidson's")
    func odds() throws {
        let pair = try Self.sights(1)[0]
        let voters = ShapesVoters(seed: 9, count: 1, variety: 0, noise: 0.5, ties: 0.7)
        let gap = (voters.utility(pair.first, of: 0) - voters.utility(pair.second, of: 0)) / 0.5
        let votes = (0..<20_000).map { voters.vote($0, pair.first, pair.second) }
        func expect(_ vote: ShapesVote, _ odds: Double) {
            let share = Double(votes.count { $0 == vote }) / 20_000
            let all = Foundation.exp(gap / 2) + Foundation.exp(-gap / 2) + 0.7
            // Four standard deviations of 20,000 draws.
            #expect(abs(share - odds / all) < 0.015, "\(vote)")
        }
        expect(.first, Foundation.exp(gap / 2))
        expect(.second, Foundation.exp(-gap / 2))
        expect(.tie, 0.7)
    }

    @Test("A vote depends on seed and number alone; people differ")
    func streams() throws {
        let pairs = try Self.sights(50)
        func votes(_ seed: UInt64) -> [ShapesVote] {
            let voters = ShapesVoters(seed: seed)
            return pairs.indices.reversed().map { voters.vote($0, pairs[$0].first, pairs[$0].second) }.reversed()
        }
        let again = pairs.enumerated().map { ShapesVoters(seed: 1).vote($0, $1.first, $1.second) }
        #expect(votes(1) == again && votes(1) != votes(2))
        let voters = ShapesVoters(seed: 1)
        #expect(voters.utility(pairs[0].first, of: 0) != voters.utility(pairs[0].first, of: 1))
    }
}
