import Foundation

/// Reading files with errors that name the path.
package enum FileContents {
    /// Removes the files that are there. - Throws: `FileError`.
    package static func remove(_ paths: [String]) throws {
        for path in paths where unlink(path) != 0 && errno != ENOENT {
            throw FileError(operation: "remove", path: path, code: errno)
        }
    }

    /// All bytes of a file. - Throws: `FileError`.
    package static func read(_ path: String) throws -> [UInt8] {
        var result: [UInt8] = []
        try forEachBlock(of: path) { result.append(contentsOf: $0) }
        return result
    }

    /// Hands the file's bytes to `body` in blocks of at most 1 MiB, in order. - Throws: `FileError`, or what `body` throws.
    package static func forEachBlock(of path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        let size = 1 << 20
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { block.deallocate() }
        while true {
            let count = Foundation.read(descriptor, block.baseAddress, size)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.last("read", path)
            }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: block[..<count]))
        }
    }

    /// The names in a folder, in byte order, without "." and "..". - Throws: `FileError`.
    package static func names(in folder: String) throws -> [String] {
        guard let handle = opendir(folder) else { throw FileError.last("open", folder) }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted(by: utf8Less)
    }

    /// Whether a file or folder is at `path`.
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes a folder and those above it where they are missing. - Throws: `FileError`.
    package static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o777) == 0 { return }
        let code = errno
        if code == EEXIST {
            guard isFolder(path) else { throw FileError(operation: "make the folder", path: path, code: ENOTDIR) }
            return
        }
        let parent = AtomicFile.folder(of: path)
        guard code == ENOENT, parent != path else {
            throw FileError(operation: "make the folder", path: path, code: code)
        }
        try makeFolder(parent)
        // Another process may have been quicker.
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw FileError.last("make the folder", path) }
    }

    /// The number of bytes of a file; `nil` when there is none.
    package static func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Whether a symbolic link is at `path`, wherever it leads.
    package static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// Whether a folder is at `path`.
    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

extension Digest {
    /// The digest of a file's bytes in the domain `file`: `(printf 'smpo/file/1\0'; cat FILE) | sha256sum`.
    /// - Throws: `FileError`.
    package static func file(_ path: String) throws -> Digest {
        var stream = SHA256Stream(domain: .file)
        try FileContents.forEachBlock(of: path) { stream.update($0) }
        return stream.finalize()
    }
}
