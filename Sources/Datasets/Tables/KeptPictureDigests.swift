import Core
import Tables

/// Digests of pictures that were made once, in a file: reading all pictures of a large table takes hours. The file is
/// named after all that they depend on: the files of the table (path, size, place on the volume, time of writing), the
/// columns and the rows. What has another identity is made anew, and so is what does not hold its own digest.
struct KeptPictureDigests {
    private let path: String
    private let key: Digest
    private let count: Int

    private static let magic = Array("smpo-pictures 1\n".utf8)
    private static let unreadable: UInt8 = 0xFF

    init(folder: String, _ pictures: [PairSelection.Picture], _ source: TablePictures) {
        var rows = SHA256Stream(domain: .document)
        for picture in pictures { rows.update(word: UInt64(picture.row) << 1 | UInt64(picture.side.rawValue)) }
        key = .of(
            .document,
            [
                "files": .array(source.table.files.map(\.json)), "pixels": .integer(source.maxPixels),
                "columns": .array(source.columns.map { .string(source.table.columns[$0].name) }),
                "pictures": .digest(rows.finalize()),
            ])
        count = pictures.count
        path = "\(folder)/pictures-\(key.hex.prefix(16)).bin"
    }

    /// What is kept; nil where nothing is, or nothing sound.
    func read() -> PictureDigests? {
        guard FileContents.exists(path), let bytes = try? FileContents.read(path) else { return nil }
        let head = Self.magic.count + Digest.byteCount
        let end = head + count * (Digest.byteCount + 1)
        guard bytes.count == end + Digest.byteCount, bytes.starts(with: Self.magic + key.bytes),
            Digest(bytes: bytes[end...]) == Digest.of(.file, Array(bytes[..<end]))
        else { return nil }
        let entries = (0..<count).compactMap { index -> PictureDigests.Entry? in
            let start = head + index * (Digest.byteCount + 1)
            let traits = bytes[start + Digest.byteCount]
            return Digest(bytes: bytes[start..<start + Digest.byteCount]).map {
                PictureDigests.Entry(
                    digest: $0, traits: traits == Self.unreadable ? nil : PictureTraits(rawValue: Int(traits)))
            }
        }
        return PictureDigests(entries: entries)
    }

    /// Keeps them. - Throws: `FileError`.
    func write(_ digests: PictureDigests) throws {
        var bytes = Self.magic + key.bytes
        for entry in digests.entries {
            bytes += entry.digest.bytes
            bytes.append(entry.traits.map { UInt8($0.rawValue) } ?? Self.unreadable)
        }
        bytes += Digest.of(.file, bytes).bytes
        try FileContents.makeFolder(AtomicFile.folder(of: path))
        try AtomicFile.write(bytes, to: path)
    }
}
