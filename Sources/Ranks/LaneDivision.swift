import Core

/// How the lanes of a step's sum are divided among ranks, and how their parts make the sum again.
///
/// The sum runs over the tree of RFC 9162 on the lanes: split at the largest power of two below their number, left plus
/// right. A rank has contiguous lanes; it adds up the subtrees that lie within them and hands each on as one value. What
/// is left to add above them has the same order for every number of ranks.
package struct LaneDivision: Sendable {
    /// The lanes of the step.
    package let lanes: Int
    /// The ranks among which they are divided.
    package let ranks: Int

    /// `lanes` divided among `ranks`; some have none where there are more ranks than lanes.
    package init(lanes: Int, ranks: Int) {
        precondition(lanes > 0 && ranks > 0)
        (self.lanes, self.ranks) = (lanes, ranks)
    }

    /// The lanes of a rank: ⌊r·L/R⌋ ..< ⌊(r + 1)·L/R⌋.
    package func lanes(of rank: Int) -> Range<Int> { rank * lanes / ranks..<(rank + 1) * lanes / ranks }

    /// The largest subtrees that lie within the lanes of a rank, from left to right.
    package func subtrees(of rank: Int) -> [Range<Int>] { LaneTree(lanes: lanes).subtrees(of: lanes(of: rank)) }

    /// The most sums that wait for others on any rank while it computes a lane.
    package var mostWaiting: Int {
        (0..<ranks).map { rank in
            let own = lanes(of: rank)
            return own.map { LaneTree(lanes: lanes).subtrees(of: own.lowerBound..<$0).count }.max() ?? 0
        }.max() ?? 0
    }

    /// Every rank's subtrees, from left to right.
    package var subtrees: [Range<Int>] { (0..<ranks).flatMap { subtrees(of: $0) } }

    /// The sum over the tree `tree` of lanes: `value` gives that of a lane or of any subtree that is known, nil where it has
    /// to be added.
    package static func sum<Value>(
        over tree: Range<Int>, _ value: (Range<Int>) throws -> Value?, adding add: (Value, Value) throws -> Value
    ) rethrows -> Value {
        if let value = try value(tree) { return value }
        precondition(tree.count > 1, "lane \(tree.lowerBound) has no value")
        let middle = tree.lowerBound + MerkleTree.split(tree.count)
        let left = try sum(over: tree.lowerBound..<middle, value, adding: add)
        return try add(left, try sum(over: middle..<tree.upperBound, value, adding: add))
    }
}
