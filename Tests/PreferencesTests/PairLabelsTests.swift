import Core
import Datasets
import Preferences
import Testing

@Suite struct PairLabelsTests {
    private static let pairs = Pairs([
        (1, (0.20, 0.15)), (0, (0.20, 0.15)), (1, (0.12, 0.25)), (0.5, (0.28, 0.10)), (0, (0.2, 0.2)),
    ])

    private func labels(
        _ winner: PairLabels.Winner, dropsTies: Bool = true, range: (Double?, Double?) = (nil, nil),
        of pairs: Pairs = pairs
    ) throws -> PairLabels {
        try PairLabels(
            pairs, winner: winner, dropsTies: dropsTies, gamma: 10, scoreRange: (low: range.0, high: range.1))
    }

    @Test func theHigherScoreWinsOrTheSecondOnATie() throws {
        let labels = try labels(.reward)
        #expect(labels.labels.map(\.index) == [0, 1, 2, 4])
        #expect(labels.labels.map(\.winner) == [.image0, .image0, .image1, .image1])
        #expect(labels.labels.map(\.scores.winner) == [0.2, 0.2, 0.25, 0.2])
        #expect(labels.labels.allSatisfy { $0.weight >= 0 })
        #expect(labels.labels[3].weight == 0)
        #expect(labels.droppedTies == 1)
    }

    @Test func thePersonWinsWithANegativeWeightAgainstTheScores() throws {
        let labels = try labels(.human)
        #expect(labels.labels.map(\.winner) == [.image0, .image1, .image0, .image1])
        #expect(labels.labels.map { $0.weight.sign } == [.plus, .minus, .minus, .plus])
        #expect(labels.labels[0].weight == -labels.labels[1].weight)
    }

    /// The range is that of the pairs that are used, so a dropped tie's scores do not stretch it.
    @Test func theRangeIsFoundOrGiven() throws {
        #expect(try labels(.reward).scoreRange == 0.12...0.25)
        #expect(try labels(.reward, dropsTies: false).scoreRange == 0.10...0.28)
        #expect(try labels(.reward, range: (0, nil)).scoreRange == 0...0.25)
        #expect(try labels(.reward, range: (0, 1)).scoreRange == 0...1)
    }

    @Test func keptTiesAreDecidedByTheScores() throws {
        let kept = try labels(.human, dropsTies: false)
        #expect(kept.labels.count == 5)
        #expect(kept.labels[3].winner == .image0)
        #expect(kept.droppedTies == 0)
    }

    @Test func withoutScoresTheHumanLabelsAreTheScores() throws {
        let labels = try labels(.reward, of: Pairs([(1, nil), (0, nil), (0.5, nil)]))
        #expect(labels.labels.map(\.winner) == [.image0, .image1])
        #expect(labels.scoreRange == 0...1)
        // γ(2σ(1) − 1)
        #expect(labels.labels.allSatisfy { abs($0.weight - 4.6211715) < 1e-5 })
    }

    @Test func whatCannotBeLabelledIsRefused() throws {
        func message(_ pairs: Pairs, _ range: (Double?, Double?) = (nil, nil)) -> String {
            do { _ = try labels(.reward, range: range, of: pairs) } catch { return "\(error)" }
            return "no error"
        }
        #expect(message(Pairs([(1, (1, 0)), (0, nil)])).hasPrefix("1 of 2 pairs have scores: expected all or none"))
        #expect(message(Pairs([(0.5, nil), (0.5, nil)])).contains("all 2 human labels are ties"))
        #expect(message(Pairs([(1, (1, 1)), (0, (1, 1))])).contains("range is empty: min 1.0, max 1.0"))
        #expect(message(Pairs([(1, (1, 0))]), (2, nil)).contains("min 2.0, max 1.0"))
    }

    /// Without γ nothing is weighted, so equal scores are no hindrance.
    @Test func plainLabelsHaveWeightOne() throws {
        func plain(_ pairs: Pairs) throws -> PairLabels {
            try PairLabels(pairs, winner: .human, dropsTies: true, gamma: nil, scoreRange: (low: nil, high: nil))
        }
        let labels = try plain(Self.pairs)
        #expect(labels.labels.map(\.winner) == [.image0, .image1, .image0, .image1])
        #expect(labels.labels.allSatisfy { $0.weight == 1 })
        #expect(try plain(Pairs([(1, (0.5, 0.5)), (0, (0.5, 0.5))])).labels.map(\.winner) == [.image0, .image1])
    }

    @Test func theDigestStandsForEveryLabel() throws {
        let plain = try labels(.reward).digest
        #expect(try labels(.reward).digest == plain)
        #expect(try labels(.human).digest != plain)
        #expect(try labels(.reward, range: (0, 1)).digest != plain)
        #expect(try labels(.reward, dropsTies: false).digest != plain)
    }
}
