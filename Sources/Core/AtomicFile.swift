import Foundation

/// Writing whole files so that a reader, or a crash, never sees half of one.
///
/// The bytes go to a temporary file in the same folder, which is flushed to the disk, renamed over the target, and the
/// folder flushed too. When anything fails (a full disk, for one) the temporary file is removed and the old file stays.
/// Links are followed, the mode and owner of a file that is replaced are kept, and what is no regular file (a device, a
/// FIFO, `/dev/stdout`) is written through: see `OutputTarget`.
package enum AtomicFile {
    /// Writes bytes. - Throws: `FileError`.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        try write(to: path) { try $0.append(bytes) }
    }

    /// Writes a text as UTF-8. - Throws: `FileError`.
    package static func write(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: path)
    }

    /// Writes what `body` appends; nothing is replaced when `body` throws.
    /// - Throws: `FileError`, or what `body` throws.
    package static func write<Result>(
        to path: String, _ body: (inout AtomicFileWriter) throws -> Result
    ) throws -> Result {
        var writer = try AtomicFileWriter(path, OutputTarget.resolve(path))
        let result: Result
        do {
            result = try body(&writer)
            try writer.flush()
        } catch {
            writer.discard()
            throw error
        }
        try writer.commit()
        return result
    }

    /// Writes what `body` appends into a file whose name is known only afterwards, such as its digest: a temporary file
    /// in `folder` is moved to the path that `path` makes of the result. With nil for a path nothing is kept.
    /// - Throws: `FileError`, or what `body` and `path` throw.
    package static func write<Result>(
        in folder: String, _ body: (inout AtomicFileWriter) throws -> Result, path: (Result) throws -> String?
    ) throws -> Result {
        var writer = try AtomicFileWriter("\(folder)/incoming", .file(path: "\(folder)/incoming", replaced: nil))
        let result: Result
        let target: String?
        do {
            result = try body(&writer)
            try writer.flush()
            target = try path(result)
        } catch {
            writer.discard()
            throw error
        }
        if let target { try writer.commit(to: target) } else { writer.discard() }
        return result
    }

    /// Flushes a folder's entries to the disk, so that a rename in it survives a power cut. - Throws: `FileError`.
    package static func synchronizeFolder(_ folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open the folder", folder) }
        defer { close(descriptor) }
        // Some file systems cannot flush a folder and say so by EINVAL; there is nothing more to do on those.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError.last("flush the folder", folder) }
    }

    /// The folder that holds `path`: "." for a bare name.
    package static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
