/// A file below a folder that was opened, and what became of it.
package struct FolderFile: Sendable, Equatable {
    /// What became of a file.
    package enum Use: String, Sendable {
        /// Its tensors are the checkpoint's.
        case weights
        /// Its content is part of the metadata: by members, or by a digest.
        case text
        /// It was not read, and it holds no weights.
        case harmless
        /// It was not read, and it can hold weights.
        case unread
        /// It was left out as the caller asked.
        case ignored
    }

    /// Its path below the folder.
    package let path: String
    /// Where it can be opened.
    package let place: String
    /// What became of it.
    package let use: Use
    /// Why it was not read, in words; of an ignored file the pattern. Empty for what was read.
    package let why: String

    /// A file.
    package init(path: String, place: String, use: Use, why: String = "") {
        (self.path, self.place, self.use, self.why) = (path, place, use, why)
    }

    /// Whether it is among what was read.
    package var isRead: Bool { use == .weights || use == .text }
}
