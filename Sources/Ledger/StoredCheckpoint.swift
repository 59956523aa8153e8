import Core

/// A part of a checkpoint in the `ObjectStore`.
package struct StoredCheckpoint: Sendable, Equatable {
    /// The number of steps done.
    package let step: Int
    /// Which part: "state", all that a run needs to go on.
    package let part: String
    /// The file.
    package let object: Digest
    /// The digest of the trained weights in it, as the record of the step has it.
    package let digest: Digest

    /// A part of a checkpoint.
    package init(step: Int, part: String, object: Digest, digest: Digest) {
        self.step = step
        self.part = part
        self.object = object
        self.digest = digest
    }
}
