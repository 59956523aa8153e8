import Core

/// An item of the data set of a run, with its labels as bit patterns.
package struct DataItem: Sendable, Equatable {
    /// The item's id.
    package let item: String
    /// The digest of its content.
    package let digest: Digest
    /// Named labels as Float bits, in any order.
    package let labels: [String: UInt32]

    /// An item.
    package init(item: String, digest: Digest, labels: [String: UInt32] = [:]) {
        self.item = item
        self.digest = digest
        self.labels = labels
    }
}
