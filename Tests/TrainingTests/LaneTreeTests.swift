import Core
import Testing

@testable import Training

/// Which items a lane has, and which sums are added to which.
@Suite struct LaneTreeTests {
    /// Borders by the formula, in order, none empty.
    @Test func lanesShareOutTheItems() {
        for count in 1...40 {
            for lanes in 1...count {
                let tree = LaneTree(lanes: lanes)
                var next = 0
                for lane in tree.all {
                    let items = tree.items(of: lane, among: count)
                    #expect(items == lane * count / lanes..<(lane + 1) * count / lanes)
                    #expect(items.lowerBound == next && !items.isEmpty)
                    next = items.upperBound
                }
                #expect(next == count)
            }
        }
        #expect(LaneTree(lanes: 2).items(of: 1, among: .max) == Int.max / 2..<Int.max)
    }

    /// A root made by the splits is the Merkle tree's, which has outside test vectors.
    @Test func theShapeIsThatOfMerkleRoots() {
        for lanes in 1...33 {
            let tree = LaneTree(lanes: lanes)
            let leaves = (0..<lanes).map { Digest.sha256([UInt8($0)]) }
            func hash(_ node: Range<Int>) -> Digest {
                guard let middle = tree.split(node) else {
                    #expect(node.count == 1)
                    return MerkleTree.leafHash(leaves[node.lowerBound].bytes)
                }
                return MerkleTree.nodeHash(hash(node.lowerBound..<middle), hash(middle..<node.upperBound))
            }
            #expect(hash(tree.all) == MerkleTree.root(leaves: leaves))
        }
        let five = LaneTree(lanes: 5)
        #expect(five.split(0..<5) == 4 && five.split(0..<4) == 2 && five.split(2..<4) == 3)
        for none in [1..<3, 3..<5, 0..<3, 4..<5, 2..<5] { #expect(five.split(none) == nil, "\(none)") }
    }

    /// The subtrees of a run cover it, are nodes, and no two neighbours make a larger one.
    @Test func runsConsistOfTheFewestSubtrees() {
        for lanes in 1...20 {
            let tree = LaneTree(lanes: lanes)
            for first in 0..<lanes {
                for end in first + 1...lanes {
                    let found = tree.subtrees(of: first..<end)
                    #expect(found.flatMap { Array($0) } == Array(first..<end))
                    for node in found { #expect(node.count == 1 || tree.split(node) != nil) }
                    for (left, right) in zip(found, found.dropFirst()) {
                        #expect(tree.split(left.lowerBound..<right.upperBound) != right.lowerBound)
                    }
                }
            }
        }
    }

    /// What waits while a lane is computed are the subtrees of those before it.
    @Test func fewSumsWait() {
        for lanes in 1...130 {
            let tree = LaneTree(lanes: lanes)
            #expect(tree.mostWaiting == (0..<lanes).map { tree.subtrees(of: 0..<$0).count }.max())
        }
    }
}
