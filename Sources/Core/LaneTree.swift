/// The lanes of a step and the tree by which their gradients are added: that of RFC 9162, section 2.1.1, on as many leaves,
/// which splits n > 1 lanes at the largest power of two below n. It is the shape of the Merkle roots.
package struct LaneTree: Sendable {
    /// The number of lanes, at least 1.
    package let lanes: Int
    /// Of how many of n > 1 lanes the left branch is.
    private let splitting: @Sendable (Int) -> Int
    /// By how many items the border before a lane lies further on, and whose items a lane has: other than 0 and its own only
    /// in faults.
    private let shift: @Sendable (_ border: Int) -> Int, place: @Sendable (_ lane: Int) -> Int

    /// The tree over so many lanes.
    package init(lanes: Int) { self.init(lanes: lanes, place: { $0 }) }

    /// A wrong one, by which a self-test sees whether an audit notices.
    /// - Parameters:
    ///   - splitting: the lanes in the left branch of so many.
    ///   - shift: the items by which the border before a lane lies further on.
    ///   - place: the lane whose items a lane has.
    package init(
        lanes: Int, splitting: @escaping @Sendable (Int) -> Int = MerkleTree.split,
        shift: @escaping @Sendable (_ border: Int) -> Int = { _ in 0 }, place: @escaping @Sendable (_ lane: Int) -> Int
    ) {
        precondition(lanes >= 1)
        (self.lanes, self.splitting, self.shift, self.place) = (lanes, splitting, shift, place)
    }

    /// All lanes, counted from 0.
    package var all: Range<Int> { 0..<lanes }

    /// The items of lane `lane` in a batch of `count`: ⌊lane · count / lanes⌋ up to ⌊(lane + 1) · count / lanes⌋. None is
    /// empty where there are at least as many items as lanes.
    package func items(of lane: Int, among count: Int) -> Range<Int> {
        func start(_ lane: Int) -> Int {
            lanes.dividingFullWidth(lane.multipliedFullWidth(by: count)).quotient + shift(lane)
        }
        return start(place(lane))..<start(place(lane) + 1)
    }

    /// Where the lanes below a node of the tree are split in two; nil for lanes below no node, and for a leaf.
    package func split(_ node: Range<Int>) -> Int? {
        var candidate = all
        while candidate.count > 1 {
            let middle = candidate.lowerBound + splitting(candidate.count)
            if candidate == node { return middle }
            if node.upperBound <= middle {
                candidate = candidate.lowerBound..<middle
            } else if node.lowerBound >= middle {
                candidate = middle..<candidate.upperBound
            } else {
                return nil
            }
        }
        return nil
    }

    /// The fewest whole subtrees that a run of lanes consists of, in order.
    package func subtrees(of run: Range<Int>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        func visit(_ node: Range<Int>) {
            if node.clamped(to: run).isEmpty { return }
            guard node.clamped(to: run) != node else { return found.append(node) }
            let middle = node.lowerBound + splitting(node.count)
            visit(node.lowerBound..<middle)
            visit(middle..<node.upperBound)
        }
        visit(all)
        return found
    }

    /// The most sums that wait for others while a lane is computed, all lanes being computed in order: ⌊log₂ lanes⌋.
    package var mostWaiting: Int { Int.bitWidth - 1 - lanes.leadingZeroBitCount }
}
