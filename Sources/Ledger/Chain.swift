import Core

/// The hash chain of a run.
///
///     head₀ = SHA-256("smpo/chain-start/1", 0x00, digest of the manifest's inputs)
///     headₙ = SHA-256("smpo/chain-link/1", 0x00, headₙ₋₁, digest of step record n)
///
/// The head after the last step stands for the whole run: its inputs and every recorded bit of every step.
package struct Chain: Sendable, Equatable {
    /// The head after `count` steps.
    package private(set) var head: Digest
    /// The digests of the step records so far.
    package private(set) var steps: [Digest] = []

    /// The chain of a run without steps.
    package init(inputs: Digest) {
        head = Digest.of(.chainStart, [inputs])
    }

    /// The number of steps so far.
    package var count: Int { steps.count }

    /// The head that a step record would give.
    package func link(_ step: Digest) -> Digest { Digest.of(.chainLink, [head, step]) }

    /// Adds a step record by its digest; gives the new head.
    @discardableResult
    package mutating func append(_ step: Digest) -> Digest {
        head = link(step)
        steps.append(step)
        return head
    }

    /// The Merkle root (`MerkleTree`) over the digests of all step records.
    package var stepsRoot: Digest { MerkleTree.root(leaves: steps) }
}
