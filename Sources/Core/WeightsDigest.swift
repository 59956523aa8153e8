/// The identity of a model's weights, independent of file layout, sharding and metadata.
package enum WeightsDigest {
    /// The Merkle root (`MerkleTree.root(leaves:)`) over tensor digests in byte-wise UTF-8 order of the names.
    ///
    /// The names are part of the tensor digests, so they need not be hashed again.
    /// - Throws: `DuplicateTensorName` when two tensors have one name.
    package static func root(_ tensors: [(name: String, digest: Digest)]) throws -> Digest {
        let ordered = tensors.sorted { utf8Less($0.name, $1.name) }
        for (left, right) in zip(ordered, ordered.dropFirst()) where utf8Equal(left.name, right.name) {
            throw DuplicateTensorName(name: left.name)
        }
        return MerkleTree.root(leaves: ordered.map(\.digest))
    }
}

/// Two tensors of one model have the same name.
package struct DuplicateTensorName: Error, Equatable, CustomStringConvertible {
    /// The name.
    package let name: String

    /// An error about a name.
    package init(name: String) { self.name = name }

    /// One line.
    package var description: String { "two tensors are named \"\(name)\"" }
}
