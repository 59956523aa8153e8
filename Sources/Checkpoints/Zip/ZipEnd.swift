/// The end of a ZIP archive (PKWARE's APPNOTE 4.3.14–4.3.16): where its directory is and how much it lists.
struct ZipEnd {
    /// More entries are refused; torch writes one for each tensor, and a few.
    static let entryLimit = 1_000_000
    /// A larger directory is refused before it is read.
    static let directoryLimit = 256 << 20

    /// Number of entries.
    let entryCount: Int
    /// Place of the directory in the file.
    let directory: Range<Int>

    private static let signature: [UInt8] = [0x50, 0x4B, 5, 6]
    private static let locatorSignature: [UInt8] = [0x50, 0x4B, 6, 7]
    private static let wideSignature: [UInt8] = [0x50, 0x4B, 6, 6]
    private static let hint = "copy the file again"

    /// What the end says, before it is known where the directory has to stop.
    private struct Claim {
        var entries: UInt64
        var size: UInt64
        var offset: UInt64
    }

    /// Finds and reads the end of an archive.
    /// - Throws: `CheckpointError` (`container`, `truncated`).
    init(_ file: OpenFile) throws {
        let (position, record) = try Self.find(file)
        func bad(_ problem: String, expected: String? = nil, found: String? = nil) -> CheckpointError {
            CheckpointError(
                .container, file: file.path, offset: position, problem, expected: expected, found: found,
                hint: Self.hint)
        }
        guard record.u16(4) == 0, record.u16(6) == 0, record.u16(8) == record.u16(10) else {
            throw bad("the archive is spread over several files")
        }
        var claim = Claim(
            entries: UInt64(record.u16(10)), size: UInt64(record.u32(12)), offset: UInt64(record.u32(16)))
        var end = position
        if let (place, wide) = try Self.wide(file, end: position) {
            guard claim.entries == 0xFFFF || claim.entries == wide.entries,
                claim.size == 0xFFFF_FFFF || claim.size == wide.size,
                claim.offset == 0xFFFF_FFFF || claim.offset == wide.offset
            else { throw bad("the two ends of the archive do not agree") }
            (end, claim) = (place, wide)
        }
        guard claim.entries <= Self.entryLimit else {
            throw bad("too many entries", expected: "at most \(Self.entryLimit)", found: "\(claim.entries)")
        }
        guard claim.size <= Self.directoryLimit else {
            throw bad(
                "the archive's directory is too large", expected: "at most \(Self.directoryLimit) bytes",
                found: "\(claim.size)")
        }
        guard claim.offset <= end, claim.size == UInt64(end) - claim.offset else {
            throw bad(
                "the archive's directory does not reach to its end", expected: "\(end)",
                found: "\(claim.size) bytes from byte \(claim.offset) on")
        }
        guard claim.entries * 46 <= claim.size else {
            throw bad("the directory is too small for \(claim.entries) entries", found: "\(claim.size) bytes")
        }
        entryCount = Int(claim.entries)
        directory = Int(claim.offset)..<end
    }

    /// The last record that is followed by its comment and by nothing else.
    private static func find(_ file: OpenFile) throws -> (Int, [UInt8]) {
        let start = max(0, file.size - 22 - 0xFFFF)
        let tail = try file.bytes(start..<file.size)
        for place in stride(from: tail.count - 22, through: 0, by: -1)
        where tail[place] == signature[0] && tail[place..<(place + 4)].elementsEqual(signature)
            && tail.u16(place + 20) == tail.count - place - 22
        {
            return (start + place, Array(tail[place..<(place + 22)]))
        }
        throw CheckpointError(
            .truncated, file: file.path, offset: file.size, "the end of the ZIP archive is missing",
            hint: Self.hint)
    }

    /// The ZIP64 record, where its locator stands before the end: its place and what it says.
    private static func wide(_ file: OpenFile, end: Int) throws -> (Int, Claim)? {
        guard end >= 20 + 56 else { return nil }
        let position = end - 20
        let locator = try file.bytes(position..<end)
        guard locator.starts(with: locatorSignature) else { return nil }
        func bad(_ problem: String, at offset: Int) -> CheckpointError {
            CheckpointError(.container, file: file.path, offset: offset, problem, hint: Self.hint)
        }
        guard locator.u32(4) == 0, locator.u32(16) <= 1 else {
            throw bad("the archive is spread over several files", at: position)
        }
        guard let place = Int(exactly: locator.u64(8)), place <= position - 56 else {
            throw bad("the ZIP64 locator leads out of the archive", at: position)
        }
        let record = try file.bytes(place..<(place + 56))
        guard record.starts(with: wideSignature), record.u64(4) == UInt64(position - place - 12) else {
            throw bad("there is no ZIP64 record where its locator says", at: place)
        }
        guard record.u32(16) == 0, record.u32(20) == 0, record.u64(24) == record.u64(32) else {
            throw bad("the archive is spread over several files", at: place)
        }
        return (place, Claim(entries: record.u64(32), size: record.u64(40), offset: record.u64(48)))
    }
}
