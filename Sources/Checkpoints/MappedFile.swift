import Compute

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Mapping files into memory, so that weights are read from disk only where and when they are used.
enum MappedFile {
    /// Maps a whole open file, privately and for reading only: a write through a tensor on it stops the program instead of
    /// changing what another tensor on the same file sees. An empty file gives an empty storage, bytes
    /// in memory a copy.
    ///
    /// The file must not be shortened while the storage lives.
    /// - Throws: `CheckpointError` (`unreadable`).
    static func map(_ file: OpenFile) throws -> Storage {
        guard file.size > 0 else { return Storage(byteCount: 0) }
        guard let descriptor = file.descriptor else {
            let copy = Storage(byteCount: file.size)
            try file.read(file.size, at: 0, into: copy.base)
            return copy
        }
        guard let base = mmap(nil, file.size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw CheckpointError(
                .unreadable, file: file.path, "cannot map: \(String(cString: strerror(errno)))")
        }
        return Storage(base: base, byteCount: file.size) { [size = file.size] in munmap($0, size) }
    }
}
