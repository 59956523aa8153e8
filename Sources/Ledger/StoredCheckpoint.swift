import Digests

/// A part of a checkpoint in the `ObjectStore`.
public struct StoredCheckpoint: Sendable, Equatable {
    /// The number of steps done.
    public let step: Int
    /// Which part: "weights", "optimizer", "counters".
    public let part: String
    /// The file.
    public let object: Digest
    /// The digest of the content, as the step records have it (for weights: `WeightsDigest`).
    public let digest: Digest

    /// A part of a checkpoint.
    public init(step: Int, part: String, object: Digest, digest: Digest) {
        self.step = step
        self.part = part
        self.object = object
        self.digest = digest
    }
}
