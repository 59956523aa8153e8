import Digests

/// What the ledger knows of a run at a glance.
public struct RunSummary: Sendable, Equatable {
    /// Where a run stands.
    public enum State: String, Sendable {
        /// Steps are being recorded; or were, when the process died and nobody holds the ledger's lock.
        case running
        /// Stopped in good order before its end; can be resumed.
        case interrupted
        /// Complete.
        case finished
    }

    /// The name.
    public let name: String
    /// Where it stands.
    public let state: State
    /// The number of recorded steps.
    public let steps: Int
    /// The head after the last recorded step, as recorded; `nil` before the first one.
    public let head: Digest?
    /// When recording began, UTC, ISO 8601.
    public let startedAt: String
    /// When it ended; `nil` while running.
    public let endedAt: String?
}

/// A step as the ledger holds it, not verified.
public struct StoredStep: Sendable, Equatable {
    /// What the step left behind.
    public let record: StepRecord
    /// The stored digest of the record.
    public let digest: Digest
    /// The stored head after the step.
    public let head: Digest
}

/// Where the recorded values of a tensor are: a span of an object in the `ObjectStore`. Many tensors of a step may share
/// one object, so that a step costs one flush to the disk.
public struct StoredTensor: Sendable, Equatable {
    /// The phase of the entry that holds the tensor's digest.
    public let phase: Phase
    /// The name of that entry, which is also the tensor's name in its digest.
    public let name: String
    /// The element type as safetensors spells it.
    public let dtype: String
    /// The dimensions.
    public let shape: [Int]
    /// The object.
    public let object: Digest
    /// The first byte in the object.
    public let offset: Int
    /// The number of bytes.
    public let count: Int

    /// A place of values.
    public init(phase: Phase, name: String, dtype: String, shape: [Int], object: Digest, offset: Int, count: Int) {
        self.phase = phase
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.object = object
        self.offset = offset
        self.count = count
    }
}

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

/// An item of the data set of a run, with its labels as bit patterns.
public struct DataItem: Sendable, Equatable {
    /// The item's id.
    public let item: String
    /// The digest of its content.
    public let digest: Digest
    /// Named labels as Float bits, in any order.
    public let labels: [String: UInt32]

    /// An item.
    public init(item: String, digest: Digest, labels: [String: UInt32] = [:]) {
        self.item = item
        self.digest = digest
        self.labels = labels
    }
}

/// The recorded result of an audit.
public struct AuditRecord: Sendable, Equatable {
    /// The run that was audited; it need not be in the ledger.
    public let run: String
    /// The verdict's word.
    public let verdict: String
    /// The whole report.
    public let report: JSONValue
    /// When, UTC, ISO 8601.
    public let at: String
}
