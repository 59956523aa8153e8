import Core

/// The list of a ZIP archive's entries. Nothing is ever unpacked, so nothing can grow.
///
/// Checked: the entries lie in the file and before the directory, no two overlap or have one name, and each is the same
/// in the directory and in its local header.
struct ZipArchive {
    /// The entries, in byte order of their names.
    let entries: [ZipEntry]

    /// Reads the directory and the local headers.
    /// - Throws: `CheckpointError` (`container`, `truncated`).
    init(_ file: OpenFile) throws {
        let end = try ZipEnd(file)
        var reader = ZipEntryReader(
            file: file, directory: try file.bytes(end.directory), start: end.directory.lowerBound)
        var entries: [ZipEntry] = []
        for _ in 0..<end.entryCount { entries.append(try reader.next()) }
        guard reader.isAtEnd else {
            throw CheckpointError(
                .container, file: file.path, offset: reader.offset, "bytes after the last entry of the directory")
        }
        try Self.checkLayout(entries, file: file.path)
        entries.sort { utf8Less($0.name, $1.name) }
        for (left, right) in zip(entries, entries.dropFirst()) where utf8Equal(left.name, right.name) {
            throw CheckpointError(
                .container, file: file.path, offset: max(left.header, right.header), "two entries have one name",
                found: "\"\(ForeignText.shown(left.name))\"")
        }
        self.entries = entries
    }

    /// The entry of that name.
    subscript(name: String) -> ZipEntry? {
        NameOrder.place(of: name, count: entries.count) { entries[$0].name }.map { entries[$0] }
    }

    /// Refuses an archive of which an entry is compressed.
    /// - Throws: `CheckpointError` (`container`).
    func requireStored(file: String) throws {
        for entry in entries where entry.method != 0 {
            throw CheckpointError(
                .container, file: file, offset: entry.header,
                "entry \"\(ForeignText.shown(entry.name))\" is compressed", expected: "method 0 (stored)",
                found: "\(entry.method)",
                hint: "load it with torch.load and save it again with torch.save, which does not compress")
        }
    }

    private static func checkLayout(_ entries: [ZipEntry], file: String) throws {
        let sorted = entries.sorted { ($0.header, $0.range.upperBound) < ($1.header, $1.range.upperBound) }
        for (left, right) in zip(sorted, sorted.dropFirst()) where right.header < left.range.upperBound {
            throw CheckpointError(
                .container, file: file, offset: right.header,
                "entry \"\(ForeignText.shown(right.name))\" overlaps entry \"\(ForeignText.shown(left.name))\"")
        }
    }
}
