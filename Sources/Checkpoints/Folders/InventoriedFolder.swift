import Core

/// One folder of an inventory.
struct InventoriedFolder {
    /// Its path below the folder that was walked through; empty for that itself.
    let path: String
    /// Where it is.
    let place: String
    /// The files in it, in byte order of their names.
    var files: [InventoriedFile] = []

    /// The files of one folder by their names: none is opened, and none of a folder below is among them; none where there
    /// is no such folder. - Throws: `FileError`.
    static func names(_ place: String) throws -> InventoriedFolder {
        var result = InventoriedFolder(path: "", place: place)
        guard FileContents.isFolder(place) else { return result }
        for name in try FileContents.names(in: place) {
            let file = ModelDirectory.join(place, name)
            guard FileContents.exists(file), !FileContents.isFolder(file) else { continue }
            result.files.append(InventoriedFile(named: name, place: file))
        }
        return result
    }

    init(path: String, place: String) { (self.path, self.place) = (path, place) }

    /// Whether a file of that name is in it.
    func contains(_ name: String) -> Bool { files.contains { utf8Equal($0.name, name) } }

    /// What its tensors' names begin with.
    var prefix: String { path.isEmpty ? "" : path + "/" }
}
