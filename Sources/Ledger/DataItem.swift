import Core

/// An item of the data set of a run, with its labels as bit patterns.
package struct DataItem: Sendable, Equatable {
    /// The names of labels.
    package enum Label: String, Sendable {
        /// The score of the preferred picture.
        case winnerScore = "winner score"
        /// The score of the other one.
        case loserScore = "loser score"
        /// The coefficient W.
        case weight
    }

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

    /// The label of a name; nil for an item that has none.
    package subscript(label: Label) -> Float? { labels[label.rawValue].map { Float(bitPattern: $0) } }
}
