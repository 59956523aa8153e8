import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Mapping files into memory, so that weights are read from disk only where and when they are used.
enum MappedFile {
    /// Maps a whole file, privately and for reading only: a write through a tensor on it stops the program instead of
    /// changing what another tensor on the same file sees. An empty file gives an empty storage.
    ///
    /// The file must not be shortened while the storage lives.
    /// - Throws: `CheckpointError` (`unreadable`).
    static func map(_ path: String) throws -> Storage {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("cannot examine", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError(.unreadable, file: path, "not a regular file")
        }
        let size = Int(status.st_size)
        guard size > 0 else { return Storage(byteCount: 0) }
        guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw failure("cannot map", path)
        }
        return Storage(base: base, byteCount: size) { munmap($0, size) }
    }

    private static func failure(_ action: String, _ path: String) -> CheckpointError {
        CheckpointError(.unreadable, file: path, "\(action): \(String(cString: strerror(errno)))")
    }
}
