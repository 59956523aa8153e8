import Compute
import Core
import Datasets
import Preferences
import Testing
import TinyRuns

@testable import Training

/// Any batch can be made without those before it; the data come in permutations; the shares are what the recipe says.
@Suite struct BatchSourceTests {
    @Test(arguments: ["smpo", "base"])
    func aBatchDoesNotDependOnEarlierOnes(kind: String) throws {
        try RunSupport.withRuns { runs in
            let recipe = try kind == "smpo" ? runs.smpo() : runs.base()
            let inOrder = try RunSupport.withSession(recipe) { session in
                try (1...6).map { try Self.bits(session.batches.batch($0)) }
            }
            let alone = try RunSupport.withSession(recipe) { try Self.bits($0.batches.batch(6)) }
            #expect(alone == inOrder[5])
            #expect(Set(inOrder).count == 6)
        }
    }

    /// All that a batch holds, as one comparable text.
    private static func bits(_ batch: TrainingBatch) -> String {
        let conditioning =
            switch batch.conditioning {
            case .encoded(let condition): condition.context.digest(named: "context").hex
            case .tokens(let ids): "\(ids)"
            }
        return batch.items.map { "\($0.id) \($0.digest) \($0.weight) \($0.timestep)" }.joined(separator: "\n")
            + batch.x0.digest(named: "x0").hex + (batch.noise?.digest(named: "noise").hex ?? "") + conditioning
    }

    /// 8 pairs in batches of 3: epochs end inside batches.
    @Test func epochsArePermutations() throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(runs.base()) { session in
                let picks = (1...32).flatMap { session.batches.picks($0) }
                let epochs = stride(from: 0, to: 96, by: 8).map { Array(picks[$0..<$0 + 8]) }
                #expect(epochs.allSatisfy { $0.sorted() == Array(0..<8) })
                #expect(Set(epochs).count == epochs.count)
            }
        }
    }

    @Test func captionsAreEmptiedAsOftenAsTheRecipeSays() throws {
        try RunSupport.withRuns { runs in
            func dropped(_ share: String) throws -> Int {
                let overrides = ["training.pairs_per_step=400", "training.caption_dropout=\(share)"]
                return try RunSupport.withSession(runs.base(), overrides) { session in
                    let empty = session.model.tokenIDs("")
                    guard case .tokens(let ids) = try session.batches.batch(1).conditioning else { return -1 }
                    return ids.count { $0 == empty }
                }
            }
            let (none, all, some) = (try dropped("0"), try dropped("1"), try dropped("0.3"))
            #expect(none == 0 && all == 400)
            // 120 ± 4 standard deviations of a binomial.
            #expect(abs(some - 120) < 37)
        }
    }

    @Test(arguments: [("uniform", 0.25), ("high", 0.0625)])
    func timestepsAreUniformOrHigh(kind: String, share: Double) throws {
        try RunSupport.withRuns { runs in
            let overrides = ["training.pairs_per_step=400", "training.timesteps=\(kind)"]
            let values = try RunSupport.withSession(runs.base(), overrides) { session in
                try (1...5).flatMap { try session.batches.batch($0).items.map(\.timestep) }
            }
            #expect(values.allSatisfy { 0..<1000 ~= $0 })
            // P(t < 250) is ¼, or ¼² with a density that grows with t; 4 standard deviations of 2,000 draws.
            let found = Double(values.count { $0 < 250 }) / 2000
            #expect(abs(found - share) < 4 * (share * (1 - share) / 2000).squareRoot(), "\(found)")
        }
    }

    /// Each picture by itself, half of the time; the flipped one is the other read from right to left.
    @Test func picturesAreMirroredOneByOne() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo()
            let many = ["training.pairs_per_step=200"]
            func pictures(_ flip: Bool) throws -> [[Float]] {
                try RunSupport.withSession(recipe, many + ["training.flip=\(flip)"]) { session in
                    let x0 = try session.batches.batch(1).x0
                    return (0..<x0.shape[0]).map { x0.slice($0..<$0 + 1).floats }
                }
            }
            let (plain, flipped) = (try pictures(false), try pictures(true))
            var changed: [Bool] = []
            for (a, b) in zip(plain, flipped) {
                #expect(b == a || b == PixelPlanes.flipped(a, width: 16))
                changed.append(a != b)
            }
            let share = Double(changed.count { $0 }) / Double(changed.count)
            #expect(abs(share - 0.5) < 0.1)
            let both = stride(from: 0, to: 400, by: 2).count { changed[$0] == changed[$0 + 1] }
            #expect(abs(Double(both) / 200 - 0.5) < 0.15, "the two pictures of a pair are drawn apart")
        }
    }

    @Test func pairsBringTheirLabelsWinnerFirst() throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(runs.smpo(), ["training.flip=false"]) { session in
                guard case .pairs(let dataset, let labels) = session.batches.items else {
                    Issue.record("no pairs")
                    return
                }
                let batch = try session.batches.batch(1)
                for (place, pick) in session.batches.picks(1).enumerated() {
                    let label = labels.labels[pick]
                    #expect(batch.items[place].weight == label.weight)
                    #expect(label.weight >= 0)
                    for (row, side) in [label.winner, label.winner.other].enumerated() {
                        let row = 2 * place + row
                        let expected = try dataset.pixels(at: label.index, which: side, size: 16)
                        #expect(batch.x0.slice(row..<row + 1).floats == expected)
                    }
                }
            }
        }
    }
}
