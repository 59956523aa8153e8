import Core

/// A step record's commitment to a phase's tensors: how many, which, and the Merkle root (`MerkleTree`) over their
/// digests in the order of the names.
package struct TensorCommitment: Sendable, Equatable {
    /// The number of tensors.
    package let count: Int
    /// The digest of their names.
    package let names: Digest
    /// The root over their digests.
    package let root: Digest

    /// A commitment to `count` tensors.
    package init(count: Int, names: Digest, root: Digest) { (self.count, self.names, self.root) = (count, names, root) }

    var json: JSONValue { ["count": .integer(count), "names": .digest(names), "root": .digest(root)] }

    init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["count", "names", "root"])
        let count = try cursor["count"].int()
        guard count > 0 else { throw try cursor["count"].error(expected: "at least one tensor", found: "\(count)") }
        self.init(count: count, names: try cursor["names"].digest(), root: try cursor["root"].digest())
    }
}
