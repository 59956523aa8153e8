import Core

/// The ZIP archive that torch.save writes: a pickle, and beside it one entry for each storage.
struct TorchArchive: TorchStorages {
    let file: OpenFile
    let zip: ZipArchive
    /// The folder that all entries are in.
    let prefix: String

    /// Reads the list of entries and what else says that this is such an archive.
    /// - Throws: `CheckpointError` (`container`, `truncated`).
    init(_ file: OpenFile) throws {
        try Self.checkBeginning(file)
        let zip = try ZipArchive(file)
        let pickles = zip.entries.filter {
            $0.name.hasSuffix("/data.pkl") && $0.name.utf8.count { $0 == UInt8(ascii: "/") } == 1
        }
        if !zip.entries.isEmpty, zip.entries.allSatisfy({ $0.name.hasSuffix(".npy") }) {
            throw CheckpointError(
                .foreign, file: file.path, offset: 0, "a .npz file of NumPy, no weights",
                hint: "save the arrays with safetensors.numpy.save_file")
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

    /// What is in the archive besides the pickle, what torch.save puts there and the storages of `keys`: bytes, each under
    /// the name of its entry. torch.load does not look at them, and they are compared all the same.
    func others(than keys: [String]) -> [CheckpointTensor] {
        let known = [
            "data.pkl", "byteorder", "version", ".format_version", ".storage_alignment", ".data/serialization_id",
        ]
        let names = Set((known + keys.map { "data/" + $0 }).map { Array((prefix + $0).utf8) })
        return zip.entries.filter { !$0.name.hasSuffix("/") && !names.contains(Array($0.name.utf8)) }.map { entry in
            let name = entry.name.hasPrefix(prefix) ? String(entry.name.dropFirst(prefix.count)) : entry.name
            return CheckpointTensor(
                name: name, type: TorchType.uint8.element, shape: [entry.range.count],
                source: .file(file, offset: entry.range.lowerBound))
        }
    }

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
        if start.starts(with: [0x50, 0x4B, 3, 4]) || start.starts(with: [0x50, 0x4B, 5, 6]) { return }
        try ForeignFile.refuse(file)
        throw CheckpointError(
            .container, file: file.path, offset: 0, "no ZIP archive, as torch.save writes it since PyTorch 1.6")
    }

    /// The entry that holds a storage.
    func range(of storage: PickleHeap.StorageRecord, key: String, tensor: String, place: Int) throws -> Range<Int> {
        guard let entry = self["data/" + key] else {
            throw CheckpointError(
                .container, file: file.path, tensor: tensor, offset: place, "its storage is not in the archive",
                expected: "entry \"\(ForeignText.shown(prefix + "data/" + key))\"")
        }
        let size = storage.count.multipliedReportingOverflow(by: storage.itemSize)
        guard !size.overflow, size.partialValue == entry.range.count else {
            throw CheckpointError(
                .offsets, file: file.path, tensor: tensor, offset: entry.range.lowerBound,
                "its storage has another size than the pickle says",
                expected: "\(storage.count) × \(storage.itemSize) bytes", found: "\(entry.range.count)")
        }
        return entry.range
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
