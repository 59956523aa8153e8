import Foundation

/// The open file of `AtomicFile.write(to:_:)`: a temporary one, or what is written through.
package struct AtomicFileWriter: ~Copyable {
    /// The path as it was asked for, for errors.
    private let name: String
    /// Where a temporary file is renamed to, and its own path; nil for what is written through.
    private let move: (target: String, temporary: String)?
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private static let bufferSize = 1 << 16

    init(_ name: String, _ target: OutputTarget) throws {
        self.name = name
        switch target {
        case .stream(let opened): (move, descriptor) = (nil, opened)
        case .file(let path, let replaced):
            let stem = AtomicFileWriter.temporaryStem(of: path)
            var attempt = 0
            while true {
                let temporary = "\(stem).tmp-\(getpid())-\(attempt)"
                // What replaces a private file is never readable by others, not for a moment.
                let opened = open(
                    temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, replaced == nil ? 0o666 : 0o600)
                if opened >= 0 {
                    TemporaryFiles.add(temporary)
                    (move, descriptor) = ((path, temporary), opened)
                    if let replaced {
                        // Only root can give a file away. The mode comes second: a new owner takes bits of it away.
                        if replaced.st_uid != geteuid() || replaced.st_gid != getegid() {
                            _ = fchown(opened, replaced.st_uid, replaced.st_gid)
                        }
                        _ = fchmod(opened, replaced.st_mode & 0o7777)
                    }
                    return
                }
                // Another thread of this process, or a crashed one of the same number, may hold that name.
                guard errno == EEXIST, attempt < 1000 else { throw FileError.last("create", name) }
                attempt += 1
            }
        }
    }

    /// The beginning of a temporary file's path: that of the file, unless its name leaves no room for more.
    private static func temporaryStem(of path: String) -> String {
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
        return name.utf8.count <= 200 ? path : AtomicFile.folder(of: path) + "/smpo"
    }

    /// Appends bytes. - Throws: `FileError`.
    package mutating func append(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try append($0) }
    }

    /// Appends a text as UTF-8. - Throws: `FileError`.
    package mutating func append(_ text: String) throws {
        try append(Array(text.utf8))
    }

    /// Appends raw bytes; large pieces go to the file without being copied. - Throws: `FileError`.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        if buffer.count + bytes.count > Self.bufferSize { try flush() }
        if bytes.count >= Self.bufferSize {
            try writeFully(bytes)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    mutating func flush() throws {
        try buffer.withUnsafeBytes { try writeFully($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func writeFully(_ bytes: UnsafeRawBufferPointer) throws {
        guard Descriptor.write(bytes, to: descriptor) else { throw FileError.last("write", name) }
    }

    func discard() {
        close(descriptor)
        guard let move else { return }
        unlink(move.temporary)
        TemporaryFiles.forget(move.temporary)
    }

    /// Renames the temporary file to where it belongs.
    consuming func commit() throws {
        guard let move else {
            // A network's file system may say only now that there was no room.
            guard close(descriptor) == 0 || errno == EINTR else { throw FileError.last("write", name) }
            return
        }
        try commit(to: move.target)
    }

    /// Renames the temporary file to `target`.
    consuming func commit(to target: String) throws {
        guard let move else { return try commit() }
        guard fsync(descriptor) == 0 else {
            let error = FileError.last("flush", target)
            discard()
            throw error
        }
        guard rename(move.temporary, target) == 0 else {
            let error = FileError.last("replace", target)
            discard()
            throw error
        }
        TemporaryFiles.forget(move.temporary)
        // The descriptor stays valid through the rename; an error of close() after fsync() loses nothing.
        close(descriptor)
        try AtomicFile.synchronizeFolder(AtomicFile.folder(of: target))
    }
}
