import Foundation

/// A file or folder that is made beside its place, and moved there in one step when it is whole.
package struct StagedOutput: Sendable {
    /// Where it is made.
    package let path: String
    /// Where it will be.
    package let target: String

    /// Chooses the place. A file replaces a regular one; a folder needs a place where nothing is, or an empty folder.
    /// - Throws: `FileError` for a device, a pipe, a socket, and for what is in the way.
    package init(_ output: String, isFolder: Bool) throws {
        let end = output.hasSuffix("/") && output.count > 1 ? String(output.dropLast()) : output
        if isFolder {
            if FileContents.exists(end) || FileContents.isLink(end) {
                guard FileContents.isFolder(end) else {
                    throw FileError(operation: "make the folder", path: end, code: ENOTDIR)
                }
                guard try FileContents.names(in: end).isEmpty else {
                    throw FileError(operation: "write into the folder", path: end, code: ENOTEMPTY)
                }
            }
            target = end
        } else {
            guard !OutputTarget.isStream(end), case .file(let place, _) = try OutputTarget.resolve(end) else {
                throw FileError(
                    operation: "write a file of weights, which is read again, into", path: end, code: EINVAL)
            }
            target = place
        }
        path = "\(target).partial-\(getpid())"
        try? FileManager.default.removeItem(atPath: path)
        if !isFolder { TemporaryFiles.add(path) }
    }

    /// Moves it to its place. - Throws: `FileError`.
    package func commit() throws {
        guard rename(path, target) == 0 else { throw FileError.last("replace", target) }
        TemporaryFiles.forget(path)
        try AtomicFile.synchronizeFolder(AtomicFile.folder(of: target))
    }

    /// Removes what was made so far.
    package func discard() {
        try? FileManager.default.removeItem(atPath: path)
        TemporaryFiles.forget(path)
    }
}
