import Foundation

/// Writing whole files so that a reader, or a crash, never sees half of one.
///
/// The bytes go to a temporary file in the same folder, which is flushed to the disk, renamed over the target, and the
/// folder flushed too. When anything fails (a full disk, for one) the temporary file is removed and the old file stays.
public enum AtomicFile {
    /// Writes bytes. - Throws: `FileError`.
    public static func write(_ bytes: [UInt8], to path: String) throws {
        try write(to: path) { try $0.append(bytes) }
    }

    /// Writes a text as UTF-8. - Throws: `FileError`.
    public static func write(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: path)
    }

    /// Writes what `body` appends; nothing is replaced when `body` throws.
    /// - Throws: `FileError`, or what `body` throws.
    public static func write<Result>(
        to path: String, _ body: (inout AtomicFileWriter) throws -> Result
    ) throws -> Result {
        var writer = try AtomicFileWriter(target: path)
        let result: Result
        do {
            result = try body(&writer)
            try writer.flush()
        } catch {
            writer.discard()
            throw error
        }
        try writer.commit(to: path)
        return result
    }

    /// Writes what `body` appends into a file whose name is known only afterwards, such as its digest: a temporary file
    /// in `folder` is moved to the path that `path` makes of the result. With nil for a path nothing is kept.
    /// - Throws: `FileError`, or what `body` and `path` throw.
    public static func write<Result>(
        in folder: String, _ body: (inout AtomicFileWriter) throws -> Result, path: (Result) throws -> String?
    ) throws -> Result {
        var writer = try AtomicFileWriter(target: "\(folder)/incoming")
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
    public static func synchronizeFolder(_ folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open the folder", folder) }
        defer { close(descriptor) }
        // Some file systems cannot flush a folder and say so by EINVAL; there is nothing more to do on those.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError.last("flush the folder", folder) }
    }

    /// The folder that holds `path`: "." for a bare name.
    static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// The open temporary file of `AtomicFile.write(to:_:)`.
public struct AtomicFileWriter: ~Copyable {
    private let target: String
    private let temporary: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private static let bufferSize = 1 << 16

    init(target: String) throws {
        self.target = target
        var attempt = 0
        while true {
            let name = "\(target).tmp-\(getpid())-\(attempt)"
            let opened = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if opened >= 0 {
                (temporary, descriptor) = (name, opened)
                return
            }
            // Another thread of this process, or a crashed one of the same number, may hold that name.
            guard errno == EEXIST, attempt < 1000 else { throw FileError.last("create", target) }
            attempt += 1
        }
    }

    /// Appends bytes. - Throws: `FileError`.
    public mutating func append(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try append($0) }
    }

    /// Appends a text as UTF-8. - Throws: `FileError`.
    public mutating func append(_ text: String) throws {
        try append(Array(text.utf8))
    }

    /// Appends raw bytes; large pieces go to the file without being copied. - Throws: `FileError`.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
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
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.last("write", target)
            }
            rest = rest.dropFirst(count)
        }
    }

    func discard() {
        close(descriptor)
        unlink(temporary)
    }

    consuming func commit(to target: String) throws {
        guard fsync(descriptor) == 0 else {
            let error = FileError.last("flush", target)
            discard()
            throw error
        }
        guard rename(temporary, target) == 0 else {
            let error = FileError.last("replace", target)
            discard()
            throw error
        }
        // The descriptor stays valid through the rename; an error of close() after fsync() loses nothing.
        close(descriptor)
        try AtomicFile.synchronizeFolder(AtomicFile.folder(of: target))
    }
}
