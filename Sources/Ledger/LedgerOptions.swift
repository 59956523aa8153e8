/// The options with which a ledger is opened.
package struct LedgerOptions: Sendable {
    /// The durability of a commit.
    package enum Durability: Sendable {
        /// The ledger survives a crash of the program whole; a power cut may take the last steps, never the
        /// consistency.
        case normal
        /// Every step is on the disk before the next one begins (about 5 ms a step).
        case full
    }

    /// The durability of a commit.
    package var durability: Durability
    /// Seconds to wait for another process's transaction before giving up.
    package var busySeconds: Double
    /// The largest size of the database file; `nil` for no limit. Beyond it, writing fails as on a full disk.
    package var maximumBytes: Int?

    /// Gives the name of the network file system that holds a path; nil for any other file system.
    package var networkFileSystem: @Sendable (String) -> String? = NetworkFileSystem.name

    /// Options; the defaults are those of a training run.
    package init(durability: Durability = .normal, busySeconds: Double = 2, maximumBytes: Int? = nil) {
        self.durability = durability
        self.busySeconds = busySeconds
        self.maximumBytes = maximumBytes
    }
}
