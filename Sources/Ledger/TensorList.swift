import Core

/// The digests of a phase's tensors by name. The record of the step commits to them (`TensorCommitment`); they
/// themselves are kept beside it, as far as the run's `RecordLevel` says.
package struct TensorList: Sendable, Equatable {
    /// The names in UTF-8 byte order.
    package let names: [String]
    /// The digests in the order of the names.
    package let digests: [Digest]

    /// Takes tensors in any order. - Throws: `DuplicateTensorName`.
    package init(_ tensors: [(name: String, digest: Digest)]) throws {
        let ordered = tensors.sorted { utf8Less($0.name, $1.name) }
        for (left, right) in zip(ordered, ordered.dropFirst()) where utf8Equal(left.name, right.name) {
            throw DuplicateTensorName(name: left.name)
        }
        (names, digests) = (ordered.map(\.name), ordered.map(\.digest))
    }

    /// A list whose names are in order; as many digests as names.
    init(names: [String], digests: [Digest]) { (self.names, self.digests) = (names, digests) }

    /// The commitment of the record to the list.
    package var commitment: TensorCommitment {
        TensorCommitment(
            count: names.count, names: TensorList.digest(ofNames: names), root: MerkleTree.root(leaves: digests))
    }

    /// The digest of a name.
    package subscript(name: String) -> Digest? {
        names.firstIndex { utf8Equal($0, name) }.map { digests[$0] }
    }

    /// SHA-256 in the domain `smpo/tensor-names/1` over the canonical JSON list of names.
    static func digest(ofNames names: [String]) -> Digest {
        .of(.tensorNames, .array(names.map { .string($0) }))
    }
}
