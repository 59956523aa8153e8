import Core
import Foundation

/// The files of given pairs, also those of folders in the folder: names, sizes and times stand for them where they are too large
/// to be read. Hidden ones are none of them.
struct GivenFiles {
    /// Stands for names and sizes; a copy has the same.
    let withoutTimes: Digest
    /// Stands for names, sizes and times.
    let digest: Digest

    /// The file or folder at `root`; links are followed. - Throws: `FileError`, what Foundation throws.
    init(_ root: String) throws {
        var (files, times): ([JSONValue], [JSONValue]) = ([], [])
        for (name, path) in try Self.files(root, "") {
            let facts = try FileManager.default.attributesOfItem(
                atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
            files.append([.string(name), .integer((facts[.size] as? Int) ?? 0)])
            times.append(.decimal((facts[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0))
        }
        withoutTimes = .of(.document, .array(files))
        digest = .of(.document, [.array(files), .array(times)])
    }

    private static func files(_ path: String, _ name: String) throws -> [(name: String, path: String)] {
        guard FileContents.exists(path) else { throw FileError(operation: "read", path: path, code: ENOENT) }
        guard FileContents.isFolder(path) else { return [(name, path)] }
        return try FileContents.names(in: path).filter { !$0.hasPrefix(".") }.flatMap {
            try files("\(path)/\($0)", "\(name)/\($0)")
        }
    }
}
