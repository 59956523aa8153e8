/// One file of an inventory.
struct InventoriedFile {
    /// Its name.
    let name: String
    /// Its path below the folder that was walked through.
    let path: String
    /// Where it is.
    let place: String
    /// Its bytes.
    let size: Int
    /// What it is.
    let nature: FileNature

    /// Looks into a file. - Throws: `CheckpointError` (`unreadable`).
    init(name: String, path: String, place: String) throws {
        let file = try OpenFile(path: place)
        let head = try file.bytes(0..<min(file.size, FileNature.headSize))
        (self.name, self.path, self.place, size) = (name, path, place, file.size)
        let nature = FileNature(name: name, head: head, size: file.size)
        // Times and revisions of a download, which say nothing about what was downloaded.
        let isNote = nature == .text && path.contains(".cache/huggingface/")
        self.nature = isNote ? .harmless("a note of the hub's client") : nature
    }

    /// A file that is told by its name alone.
    init(named name: String, place: String) {
        (self.name, path, self.place, size) = (name, name, place, 0)
        nature = FileNature(name: name, head: [], size: 0)
    }

    /// What became of it.
    func used(_ use: FolderFile.Use, _ why: String = "") -> FolderFile {
        FolderFile(path: path, place: place, use: use, why: why)
    }
}
