/// The Merkle tree of RFC 6962, section 2.1, over SHA-256.
///
/// Leaf hash = SHA-256(0x00, data); node hash = SHA-256(0x01, left, right); a list of n > 1 leaves splits at the largest
/// power of two below n; the empty tree's root is SHA-256 of nothing. The two tags keep a node from passing for a leaf.
package enum MerkleTree {
    /// The hash of a leaf that holds `data`.
    package static func leafHash(_ data: [UInt8]) -> Digest {
        var stream = SHA256Stream()
        stream.update(byte: 0)
        stream.update(data)
        return stream.finalize()
    }

    /// The hash of a node over two subtrees.
    package static func nodeHash(_ left: Digest, _ right: Digest) -> Digest {
        var stream = SHA256Stream()
        stream.update(byte: 1)
        stream.update(left)
        stream.update(right)
        return stream.finalize()
    }

    /// The root over leaves whose data are the 32 bytes of each digest, in the order given.
    package static func root(leaves: [Digest]) -> Digest {
        root(
            hashes: leaves.map { leaf in
                var stream = SHA256Stream()
                stream.update(byte: 0)
                stream.update(leaf)
                return stream.finalize()
            }[...])
    }

    /// The root over leaves of any data, in the order given.
    package static func root(data: [[UInt8]]) -> Digest {
        root(hashes: data.map(leafHash)[...])
    }

    private static func root(hashes: ArraySlice<Digest>) -> Digest {
        guard hashes.count > 1 else { return hashes.first ?? SHA256Stream().finalize() }
        let middle = hashes.startIndex + split(hashes.count)
        return nodeHash(root(hashes: hashes[..<middle]), root(hashes: hashes[middle...]))
    }

    /// The largest power of two below `count` (`count` > 1).
    package static func split(_ count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}
