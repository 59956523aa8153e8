import Digests

/// The ZIP archive that torch.save writes: a pickle, and beside it one entry for each storage.
struct TorchArchive {
    let file: OpenFile
    let zip: ZipArchive
    /// The folder that all entries are in.
    let prefix: String

    private static let saveAgain = "load it with torch.load and save it again with torch.save"
    /// What PyTorch before 1.6 wrote first: a pickle of protocol 2 of the integer 0x1950a86a20f9469cfc6c.
    private static let oldMagic: [UInt8] = [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

    /// Reads the list of entries and what else says that this is such an archive.
    /// - Throws: `CheckpointError` (`container`, `truncated`).
    init(_ file: OpenFile) throws {
        try Self.checkBeginning(file)
        let zip = try ZipArchive(file)
        let pickles = zip.entries.filter {
            $0.name.hasSuffix("/data.pkl") && $0.name.utf8.count { $0 == UInt8(ascii: "/") } == 1
        }
        guard pickles.count == 1 else {
            throw CheckpointError(
                .container, file: file.path, offset: 0, "the archive is none that torch.save writes",
                expected: "one FOLDER/data.pkl", found: "\(pickles.count)")
        }
        self.file = file
        self.zip = zip
        prefix = String(pickles[0].name.dropLast("data.pkl".count))
        // Before the rest: PyTorch compresses the code in such an archive.
        try checkScript()
        try zip.requireStored(file: file.path)
        try checkByteOrder()
        try checkVersion()
    }

    /// The entry of that name in the archive's folder.
    subscript(name: String) -> ZipEntry? { zip[prefix + name] }

    /// All bytes of the pickle, and where they are in the file.
    /// - Throws: `CheckpointError` (`container`).
    func pickle() throws -> PickleCursor {
        guard let entry = self["data.pkl"] else {
            throw CheckpointError(.container, file: file.path, offset: 0, "the archive has no data.pkl")
        }
        guard entry.range.count <= PickleMachine.byteLimit else {
            throw CheckpointError(
                .container, file: file.path, offset: entry.range.lowerBound, "the pickle is too large",
                expected: "at most \(PickleMachine.byteLimit) bytes", found: "\(entry.range.count)")
        }
        let bytes = try file.bytes(entry.range)
        // torch.serialization.set_crc32_options(False) leaves the field 0.
        guard entry.checksum == 0 || entry.checksum == CRC32.checksum(bytes) else {
            throw CheckpointError(
                .container, file: file.path, offset: entry.range.lowerBound,
                "the pickle does not have the archive's CRC-32", hint: "it is damaged; copy the file again")
        }
        return PickleCursor(bytes: bytes, file: file.path, base: entry.range.lowerBound)
    }

    private static func checkBeginning(_ file: OpenFile) throws {
        let start = try file.bytes(0..<min(file.size, 512))
        func refuse(_ problem: String, _ hint: String? = nil) -> CheckpointError {
            CheckpointError(.container, file: file.path, offset: 0, problem, hint: hint)
        }
        if start.starts(with: [0x50, 0x4B, 3, 4]) { return }
        if start.first == 0x80 {
            throw start.dropFirst(2).starts(with: oldMagic)
                ? refuse("a file of PyTorch before 1.6", saveAgain) : refuse("a bare pickle, no torch file")
        }
        if start.dropFirst(257).starts(with: Array("ustar".utf8)) {
            throw refuse("a tar file, as PyTorch before 0.1.10 wrote it", saveAgain)
        }
        throw refuse("no ZIP archive, as torch.save writes it since PyTorch 1.6")
    }

    private func checkScript() throws {
        for entry in zip.entries
        where entry.name == prefix + "constants.pkl" || entry.name.hasPrefix(prefix + "code/") {
            throw CheckpointError(
                .container, file: file.path, offset: entry.header, "a TorchScript archive, which holds code",
                hint: "save the state dict alone: torch.save(torch.jit.load(FILE).state_dict(), NEW)")
        }
    }

    private func checkByteOrder() throws {
        guard let (entry, text) = try text("byteorder"), text != "little" else { return }
        throw CheckpointError(
            .container, file: file.path, offset: entry.range.lowerBound, "the numbers are not little-endian",
            expected: "byteorder little", found: ForeignText.shown(text))
    }

    private func checkVersion() throws {
        guard let (entry, text) = try text("version") else { return }
        let digits = text.hasSuffix("\n") ? text.dropLast() : text[...]
        guard let version = Int(digits), (1...10).contains(version) else {
            throw CheckpointError(
                .container, file: file.path, offset: entry.range.lowerBound, "unknown version of the archive",
                expected: "1…10", found: ForeignText.shown(text))
        }
    }

    /// A short entry as text; bytes that are none become others, which nothing expects.
    private func text(_ name: String) throws -> (ZipEntry, String)? {
        guard let entry = self[name] else { return nil }
        let range = entry.range.prefix(64)
        return (entry, String(decoding: try file.bytes(range.startIndex..<range.endIndex), as: UTF8.self))
    }
}
