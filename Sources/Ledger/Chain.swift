import Digests

/// The hash chain of a run.
///
///     head₀ = SHA-256("smpo/chain-start/1", 0x00, digest of the manifest's inputs)
///     headₙ = SHA-256("smpo/chain-link/1", 0x00, headₙ₋₁, digest of step record n)
///
/// The head after the last step stands for the whole run: its inputs and every recorded bit of every step.
public struct Chain: Sendable, Equatable {
    /// The head after `count` steps.
    public private(set) var head: Digest
    /// The digests of the step records so far.
    public private(set) var steps: [Digest] = []

    /// The chain of a run without steps.
    public init(inputs: Digest) {
        head = Digest.of(.chainStart, [inputs])
    }

    /// The number of steps so far.
    public var count: Int { steps.count }

    /// The head that a step record would give.
    public func link(_ step: Digest) -> Digest { Digest.of(.chainLink, [head, step]) }

    /// Adds a step record by its digest; gives the new head.
    @discardableResult
    public mutating func append(_ step: Digest) -> Digest {
        head = link(step)
        steps.append(step)
        return head
    }

    /// The Merkle root (`MerkleTree`) over the digests of all step records.
    public var stepsRoot: Digest { MerkleTree.root(leaves: steps) }
}
