/// Reads the entries of a ZIP directory, and the local header that each has before its bytes, and compares the two.
struct ZipEntryReader {
    let file: OpenFile
    /// The directory's bytes and where they are in the file.
    let directory: [UInt8]
    let start: Int
    private var position = 0

    private static let signature: [UInt8] = [0x50, 0x4B, 1, 2]
    private static let localSignature: [UInt8] = [0x50, 0x4B, 3, 4]
    /// Bits 0, 6 and 13: encrypted in one of three ways.
    private static let encrypted = 1 | 1 << 6 | 1 << 13

    init(file: OpenFile, directory: [UInt8], start: Int) {
        (self.file, self.directory, self.start) = (file, directory, start)
    }

    /// Whether all of the directory has been read.
    var isAtEnd: Bool { position == directory.count }
    /// Where the next entry begins, in the file.
    var offset: Int { start + position }

    /// The next entry of the directory.
    /// - Throws: `CheckpointError` (`container`, `truncated`).
    mutating func next() throws -> ZipEntry {
        guard directory.count - position >= 46, directory[position..<(position + 4)].elementsEqual(Self.signature)
        else { throw bad("no entry of the archive's directory", hint: "copy the file again") }
        let at = position
        let (nameCount, extraCount) = (directory.u16(at + 28), directory.u16(at + 30))
        let total = 46 + nameCount + extraCount + directory.u16(at + 32)
        guard directory.count - at >= total else { throw bad("the archive's directory ends within an entry") }
        let nameBytes = Array(directory[(at + 46)..<(at + 46 + nameCount)])
        guard let name = String(validating: nameBytes, as: UTF8.self), !name.isEmpty, !nameBytes.contains(0) else {
            throw bad("an entry's name is not text", found: ForeignText.shown(nameBytes))
        }
        let quoted = "entry \"\(ForeignText.shown(name))\""
        let (flags, method) = (directory.u16(at + 8), directory.u16(at + 10))
        guard flags & Self.encrypted == 0 else { throw bad("\(quoted) is encrypted") }
        var fields = ZipWideFields(
            directory[(at + 46 + nameCount)..<(at + 46 + nameCount + extraCount)], uncompressed: directory.u32(at + 24),
            compressed: directory.u32(at + 20), offset: directory.u32(at + 42), disk: directory.u16(at + 34))
        guard fields.resolve(), let size = Int(exactly: fields.compressed), let header = Int(exactly: fields.offset)
        else { throw bad("\(quoted) has damaged ZIP64 fields") }
        guard method != 0 || fields.compressed == fields.uncompressed else {
            throw bad("\(quoted) has two sizes", found: "\(fields.compressed) and \(fields.uncompressed)")
        }
        guard fields.disk == 0 else { throw bad("the archive is spread over several files") }
        let checksum = directory.littleEndian(at + 16, UInt32.self)
        let data = try local(header, nameBytes, size: size, flags: flags, method: method, quoted: quoted)
        position += total
        return ZipEntry(name: name, method: method, checksum: checksum, header: header, range: data..<(data + size))
    }

    /// Where the entry's bytes begin, after its local header; they must end before the directory begins.
    private func local(
        _ header: Int, _ name: [UInt8], size: Int, flags: Int, method: Int, quoted: String
    ) throws -> Int {
        guard start >= 30, header <= start - 30 else {
            throw bad("\(quoted) lies outside of the archive", found: "byte \(header)")
        }
        let fields = try file.bytes(header..<(header + 30))
        guard fields.starts(with: Self.localSignature) else { throw bad("\(quoted) has no local header", at: header) }
        let data = header + 30 + fields.u16(26) + fields.u16(28)
        guard data <= start, size <= start - data else {
            throw bad(
                "\(quoted) lies outside of the archive", at: header, expected: "an end before byte \(start)",
                found: "\(size) bytes from byte \(data) on")
        }
        guard fields.u16(26) == name.count, try file.bytes((header + 30)..<(header + 30 + name.count)) == name else {
            throw bad("\(quoted) has another name in its local header", at: header)
        }
        guard fields.u16(6) == flags, fields.u16(8) == method else {
            throw bad("\(quoted) is stored otherwise in its local header", at: header)
        }
        // Written as a stream, the sizes follow after the bytes; large ones are in a ZIP64 field.
        for claimed in method == 0 ? [fields.u32(18), fields.u32(22)] : [fields.u32(18)]
        where claimed != size && claimed != 0xFFFF_FFFF && !(flags & 8 != 0 && claimed == 0) {
            throw bad(
                "\(quoted) has another size in its local header", at: header, expected: "\(size)", found: "\(claimed)")
        }
        return data
    }

    private func bad(
        _ problem: String, at offset: Int? = nil, expected: String? = nil, found: String? = nil, hint: String? = nil
    ) -> CheckpointError {
        CheckpointError(
            .container, file: file.path, offset: offset ?? self.offset, problem, expected: expected, found: found,
            hint: hint)
    }
}
