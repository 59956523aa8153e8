/// The sibling hashes that lead from one leaf to the root (RFC 6962, section 2.1.1).
package struct MerkleProof: Sendable, Equatable {
    /// The leaf's place, from 0.
    package let index: Int
    /// The number of leaves in the tree.
    package let count: Int
    /// Sibling hashes, from the leaf upwards.
    package let siblings: [Digest]

    /// A proof read from elsewhere.
    package init(index: Int, count: Int, siblings: [Digest]) {
        self.index = index
        self.count = count
        self.siblings = siblings
    }

    /// Makes the proof for the leaf at `index` of a tree over the given leaves; `nil` when there is no such leaf.
    package init?(leaves: [Digest], index: Int) {
        guard leaves.indices.contains(index) else { return nil }
        self.init(
            index: index, count: leaves.count, siblings: MerkleProof.path(leaves[...], index: index))
    }

    private static func path(_ leaves: ArraySlice<Digest>, index: Int) -> [Digest] {
        guard leaves.count > 1 else { return [] }
        let half = MerkleTree.split(leaves.count)
        let middle = leaves.startIndex + half
        if index < half {
            return path(leaves[..<middle], index: index) + [MerkleTree.root(leaves: Array(leaves[middle...]))]
        }
        return path(leaves[middle...], index: index - half) + [MerkleTree.root(leaves: Array(leaves[..<middle]))]
    }

    /// Whether `leaf` stands at `index` in the tree of `count` leaves with this root (RFC 9162, section 2.1.3.2).
    package func proves(_ leaf: Digest, root: Digest) -> Bool {
        guard index >= 0, index < count else { return false }
        var node = index
        var last = count - 1
        var hash = MerkleTree.leafHash(leaf.bytes)
        for sibling in siblings {
            if last == 0 { return false }
            if node & 1 == 1 || node == last {
                hash = MerkleTree.nodeHash(sibling, hash)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = MerkleTree.nodeHash(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }
}
