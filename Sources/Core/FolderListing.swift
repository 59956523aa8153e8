import Foundation

/// What lies below a folder, at any depth.
package struct FolderListing: Sendable, Equatable {
    /// The files, and links to files, by their paths from the folder, in byte order.
    package private(set) var files: [String] = []
    /// What is neither a file nor a folder, in byte order: a link to a folder or to nothing, a pipe, a device.
    package private(set) var others: [String] = []

    /// Lists a folder; links to folders are not followed. - Throws: `FileError`.
    package init(_ folder: String) throws {
        try visit("", of: folder)
        files.sort(by: utf8Less)
        others.sort(by: utf8Less)
    }

    private mutating func visit(_ part: String, of folder: String) throws {
        for name in try FileContents.names(in: "\(folder)/\(part)") {
            let (place, path) = (part + name, "\(folder)/\(part)\(name)")
            var (link, target) = (stat(), stat())
            guard lstat(path, &link) == 0 else { throw FileError.last("look at", path) }
            let kind = stat(path, &target) == 0 ? target.st_mode & S_IFMT : 0
            if link.st_mode & S_IFMT == S_IFDIR {
                try visit(place + "/", of: folder)
            } else if kind == S_IFREG {
                files.append(place)
            } else {
                others.append(place)
            }
        }
    }
}
