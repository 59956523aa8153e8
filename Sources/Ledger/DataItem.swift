import Digests

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
