import Compute
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A regular file that is open for reading at any place, or bytes in memory that stand for one.
///
/// Reading instead of mapping keeps memory bounded whatever the size of the file, is as fast where each byte is looked
/// at once, and turns a file that is shortened meanwhile into an error instead of a signal: comparing and digesting
/// read. Computing maps (`mapped`), so that weights are read from disk only where and when they are used.
package final class OpenFile: Sendable {
    /// Its path, for messages.
    package let path: String
    /// Bytes it had when it was opened.
    package let size: Int
    private let contents: Contents
    private let mapping = Mutex<Storage?>(nil)

    private enum Contents: Sendable {
        case descriptor(Int32)
        case memory([UInt8])
    }

    /// Opens a file. Links are followed; what they lead to must be a regular file.
    /// - Throws: `CheckpointError` (`unreadable`).
    package init(path: String) throws {
        // A pipe without writer would block; a regular file does not care.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure("cannot open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            defer { close(descriptor) }
            throw Self.failure("cannot examine", path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw CheckpointError(.unreadable, file: path, "not a regular file")
        }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        self.path = path
        self.size = Int(status.st_size)
        self.contents = .descriptor(descriptor)
    }

    /// Bytes in memory; `path` is for messages.
    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.size = bytes.count
        self.contents = .memory(bytes)
    }

    deinit {
        if case .descriptor(let descriptor) = contents { close(descriptor) }
    }

    /// The whole file in memory, mapped once, privately and for reading only: a write through a tensor on it stops the
    /// program instead of changing what another tensor on the same file sees. Of bytes in memory a copy.
    ///
    /// The file must not be shortened while the storage lives, which it may do longer than this object.
    /// - Throws: `CheckpointError` (`unreadable`).
    func mapped() throws -> Storage {
        try mapping.withLock { mapping in
            if let mapping { return mapping }
            let storage = try map()
            mapping = storage
            return storage
        }
    }

    private func map() throws -> Storage {
        guard case .descriptor(let descriptor) = contents, size > 0 else {
            let copy = Storage(byteCount: size)
            try read(size, at: 0, into: copy.base)
            return copy
        }
        guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw Self.failure("cannot map", path)
        }
        return Storage(base: base, byteCount: size) { [size] in munmap($0, size) }
    }

    /// Takes the mapped pages that lie wholly in a range out of the process's memory, after their numbers were copied. Where they
    /// are read again, they come again from the file.
    func release(_ range: Range<Int>) {
        guard let storage = mapping.withLock({ $0 }), !storage.isWritable else { return }
        let page = sysconf(Int32(_SC_PAGESIZE))
        let (first, end) = ((range.lowerBound + page - 1) / page * page, range.upperBound / page * page)
        if first < end { madvise(storage.base + first, end - first, MADV_DONTNEED) }
    }

    /// Reads `count` bytes from byte `offset` on. Threads may read at the same time.
    /// - Throws: `CheckpointError`: `truncated` where the file ends before, `unreadable`.
    package func read(_ count: Int, at offset: Int, into target: UnsafeMutableRawPointer) throws {
        switch contents {
        case .memory(let bytes):
            guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
                throw shorter(at: min(max(offset, 0), bytes.count), wanted: count)
            }
            bytes.withUnsafeBytes {
                if count > 0 { target.copyMemory(from: $0.baseAddress! + offset, byteCount: count) }
            }
        case .descriptor(let descriptor):
            var done = 0
            while done < count {
                let got = pread(descriptor, target + done, count - done, off_t(offset + done))
                if got < 0 && errno == EINTR { continue }
                guard got >= 0 else { throw Self.failure("cannot read", path, offset: offset + done) }
                guard got > 0 else { throw shorter(at: offset + done, wanted: count - done) }
                done += got
            }
        }
    }

    /// The bytes of a range. - Throws: as `read(_:at:into:)`.
    package func bytes(_ range: Range<Int>) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            if let base = buffer.baseAddress { try read(range.count, at: range.lowerBound, into: base) }
            count = range.count
        }
    }

    private func shorter(at offset: Int, wanted: Int) -> CheckpointError {
        CheckpointError(
            .truncated, file: path, offset: offset, "the file ends here", expected: "\(wanted) more bytes",
            hint: "it was cut, or changed while it was read")
    }

    private static func failure(_ action: String, _ path: String, offset: Int? = nil) -> CheckpointError {
        CheckpointError(
            .unreadable, file: path, offset: offset, "\(action): \(String(cString: strerror(errno)))")
    }
}
