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
        if Self.isNote(path, nature) {
            self.nature = .harmless("a note of the hub's client")
        } else if name.lowercased().hasSuffix(".pyc"), case .harmless = nature, !path.contains("__pycache__/") {
            // Python runs it, where no source lies beside it.
            self.nature = .binary("compiled Python outside of __pycache__")
        } else {
            self.nature = nature
        }
    }

    /// Times and revisions of a download, which say nothing about what was downloaded: by the whole path, as
    /// huggingface_hub writes them.
    private static func isNote(_ path: String, _ nature: FileNature) -> Bool {
        guard nature == .text || nature == .json,
            let note = path.firstMatch(of: /(?:^|\/)\.cache\/huggingface\/(.+)$/)?.1
        else { return false }
        if note == ".gitignore" || note == "CACHEDIR.TAG" || note.hasPrefix("trees/") { return true }
        return nature == .text
            && (note.hasSuffix(".lock") || note.hasPrefix("download/") && note.hasSuffix(".metadata"))
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
