#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A run of bytes that tensors point into: allocated here, or mapped from a file.
///
/// `@unchecked Sendable`: the pointer is shared between workers. Writers own disjoint ranges (the worker pool hands
/// out disjoint chunks), and a storage is written only by the operation that created it or by an operation whose name
/// says that it works in place.
package final class Storage: @unchecked Sendable {
    /// First byte; 64-byte aligned when allocated here.
    package let base: UnsafeMutableRawPointer
    /// Number of bytes.
    package let byteCount: Int
    /// Whether the bytes may be written: allocated here, and not a file's.
    package let isWritable: Bool
    private let release: @Sendable (UnsafeMutableRawPointer) -> Void

    /// Allocates `byteCount` bytes. They are *not* cleared: every kernel writes all of its output.
    package init(byteCount: Int) {
        // malloc and our own alignment: glibc's memalign cannot use a freed block of the same size again, and then every
        // large result costs a page fault for each of its pages.
        let rounded = max(64, (byteCount + 63) / 64 * 64)
        guard let block = malloc(rounded + 64) else { fatalError("out of memory: \(byteCount) bytes") }
        nonisolated(unsafe) let owned = block
        let pointer = block + (64 - Int(bitPattern: block) % 64) % 64
        self.base = pointer
        self.byteCount = byteCount
        self.isWritable = true
        self.release = { _ in free(owned) }
    }

    /// Wraps memory that somebody else made, such as a mapped file; `release` runs when the last tensor lets go.
    package init(
        base: UnsafeMutableRawPointer, byteCount: Int,
        release: @escaping @Sendable (UnsafeMutableRawPointer) -> Void
    ) {
        self.base = base
        self.byteCount = byteCount
        self.isWritable = false
        self.release = release
    }

    deinit { release(base) }
}
