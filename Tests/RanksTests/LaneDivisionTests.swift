import Ranks
import Testing

/// The tree's sum as the page says it, without ranks, as a formula that shows its order.
private func formula(_ lanes: Range<Int>) -> String {
    guard lanes.count > 1 else { return "\(lanes.lowerBound)" }
    var left = 1
    while left * 2 < lanes.count { left *= 2 }
    let middle = lanes.lowerBound + left
    return "(\(formula(lanes.lowerBound..<middle))+\(formula(middle..<lanes.upperBound)))"
}

/// The formula by which a division adds a tree whose subtrees have these values.
private func sum(_ tree: Range<Int>, _ value: (Range<Int>) -> String?) -> String {
    LaneDivision.sum(over: tree, value, adding: { left, right in "(\(left)+\(right))" })
}

@Test(arguments: [1, 2, 3, 5, 8, 13], 1...6) func anyNumberOfRanksAddsAsTheTreeDoes(lanes: Int, ranks: Int) {
    let division = LaneDivision(lanes: lanes, ranks: ranks)
    // Every lane belongs to one rank, in order.
    #expect((0..<ranks).flatMap { Array(division.lanes(of: $0)) } == Array(0..<lanes))
    #expect(division.subtrees.flatMap { Array($0) } == Array(0..<lanes))
    var known: [Range<Int>: String] = [:]
    for rank in 0..<ranks {
        for tree in division.subtrees(of: rank) {
            known[tree] = sum(tree) { $0.count == 1 ? "\($0.lowerBound)" : nil }
        }
    }
    #expect(sum(0..<lanes) { known[$0] } == formula(0..<lanes))
}

@Test func fiveLanesAreAddedAsWritten() {
    #expect(formula(0..<5) == "(((0+1)+(2+3))+4)")
}

@Test func aRankOfADividingNumberHandsOverOneSubtree() {
    for (lanes, ranks) in [(8, 2), (8, 4), (8, 8), (64, 8)] {
        let division = LaneDivision(lanes: lanes, ranks: ranks)
        #expect((0..<ranks).allSatisfy { division.subtrees(of: $0).count == 1 })
    }
    // As the numbers in lab: three ranks of eight lanes hand over more than one each.
    #expect(
        (0..<3).map { LaneDivision(lanes: 8, ranks: 3).subtrees(of: $0) } == [
            [0..<2], [2..<4, 4..<5], [5..<6, 6..<8],
        ])
}
