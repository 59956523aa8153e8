import Core
import Tables

/// What is known of each picture of a table after it was read and decoded once.
struct PictureDigests: Sendable, Equatable {
    /// One picture.
    struct Entry: Sendable, Equatable {
        /// Of the bytes of its file; of none where there is no picture.
        let digest: Digest
        /// nil where it cannot be decoded.
        let traits: PictureTraits?
    }

    /// One for each picture that was asked for.
    let entries: [Entry]

    /// Reads and decodes `pictures`, column by column and row by row, so that every page is read once.
    /// - Throws: `TableError`, where the table is damaged.
    init(reading pictures: [PairSelection.Picture], _ source: TablePictures) throws {
        var entries = [Entry](repeating: Entry(digest: .of(.file, [UInt8]()), traits: nil), count: pictures.count)
        let order = pictures.indices.sorted { left, right in
            let (a, b) = (pictures[left], pictures[right])
            return (a.side.rawValue, a.row) < (b.side.rawValue, b.row)
        }
        for index in order {
            do {
                let bytes = try source.bytes(pictures[index])
                let traits = PictureTraits(bytes: bytes)
                let isDecoded = (try? source.decode(bytes, pictures[index])) != nil
                entries[index] = Entry(digest: .of(.file, bytes), traits: isDecoded ? traits : nil)
            } catch is ImageError {
                // There are no bytes.
            }
        }
        self.entries = entries
    }

    /// Takes them as they were kept.
    init(entries: [Entry]) { self.entries = entries }

    /// The same with pictures that could not be decoded read once more: a program may read what an earlier one could not, and
    /// would else leave out pairs that every check finds. - Throws: `TableError`.
    func tryingAgain(_ pictures: [PairSelection.Picture], _ source: TablePictures) throws -> PictureDigests {
        let unread = self.entries.indices.filter { self.entries[$0].traits == nil }
        if unread.isEmpty { return self }
        var entries = self.entries
        for (index, entry) in zip(unread, try PictureDigests(reading: unread.map { pictures[$0] }, source).entries) {
            entries[index] = entry
        }
        return PictureDigests(entries: entries)
    }
}
