import Core

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Every file below a folder, at any depth, with what it is. Nothing is left out: what cannot be looked into is in
/// `others`.
struct FolderInventory {
    /// The folder itself and those below, in the order of a walk by names.
    private(set) var folders: [InventoriedFolder] = []
    /// What is no file that can be read, and what was to be ignored.
    private(set) var others: [FolderFile] = []

    /// Folders within folders; more are a mistake.
    private static let mostLevels = 64

    /// Walks through `root`. Links are followed, to folders too. Files whose relative path one of the patterns
    /// `ignored` matches (`NamePattern`) are not opened.
    /// - Throws: `FileError`, `CheckpointError` for what cannot be read.
    init(_ root: String, ignoring ignored: [String] = []) throws {
        repository = HubRepository(holding: root)
        try visit("", root, above: [], ignored)
    }

    private let repository: HubRepository?
    /// The folders that were walked through.
    private var met: Set<Identity> = []
    /// How often one was walked through again, by a link. Each time is read, for another path is another name; but the
    /// paths through links between n folders are as many as n! and more.
    private var again = 0
    private static let mostAgain = 256

    /// What the system numbers a folder by.
    private struct Identity: Hashable { let device: UInt64, number: UInt64 }

    private mutating func visit(_ path: String, _ place: String, above: [Identity], _ ignored: [String]) throws {
        func under(_ name: String) -> String { path.isEmpty ? name : path + "/" + name }
        let names = try FileContents.names(in: place)
        var folder = InventoriedFolder(path: path, place: place)
        var own = stat()
        guard stat(place, &own) == 0 else { throw FileError(operation: "open", path: place, code: errno) }
        let identity = Identity(device: UInt64(own.st_dev), number: UInt64(own.st_ino))
        let line = above + [identity]
        if !met.insert(identity).inserted {
            again += 1
            guard again <= Self.mostAgain else {
                throw CheckpointError(
                    .layout, file: place, "links between folders lead to the same folders along too many paths",
                    expected: "at most \(Self.mostAgain) folders that are met again",
                    hint: "open a folder without these links")
            }
        }
        var below: [(path: String, place: String)] = []
        for name in names {
            let (path, place) = (under(name), ModelDirectory.join(place, name))
            func note(_ use: FolderFile.Use, _ why: String) {
                others.append(FolderFile(path: path, place: place, use: use, why: why))
            }
            var status = stat()
            let isThere = stat(place, &status) == 0
            if isThere, let repository, !repository.holds(place) {
                note(.unread, "a link that leaves the repository of the snapshot")
            } else if isThere, status.st_mode & S_IFMT == S_IFDIR {
                let identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
                if name == ".git" {
                    note(.harmless, "git's own folder")
                } else if line.contains(identity) {
                    note(.harmless, "a link to a folder that holds it")
                } else if line.count == Self.mostLevels {
                    note(.unread, "more than \(Self.mostLevels) folders within each other")
                } else {
                    below.append((path, place))
                }
            } else if let pattern = ignored.first(where: { NamePattern.matches($0, path) }) {
                note(.ignored, pattern)
            } else if !isThere {
                note(.unread, "a link to nothing, or not to be examined: \(String(cString: strerror(errno)))")
            } else if status.st_mode & S_IFMT != S_IFREG {
                note(.unread, "neither a file nor a folder")
            } else {
                folder.files.append(try InventoriedFile(name: name, path: path, place: place))
            }
        }
        folders.append(folder)
        for (path, place) in below { try visit(path, place, above: line, ignored) }
    }
}
