#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Where the bytes of a storage are.
package enum Residence {
    /// In memory that the program reads and writes by itself.
    case host(UnsafeMutableRawPointer)
    /// In the memory of a device, at an address that only the device understands.
    case device(any Device, address: UInt)
}

/// A run of bytes that tensors point into: allocated on the host, mapped from a file, or a device's.
///
/// `@unchecked Sendable`: the pointer is shared between workers. Writers own disjoint ranges (the worker pool hands
/// out disjoint chunks), and a storage is written only by the operation that created it or by an operation whose name
/// says that it works in place.
package final class Storage: @unchecked Sendable {
    /// Where the bytes are; on the host 64-byte aligned when allocated here.
    package let residence: Residence
    /// Number of bytes.
    package let byteCount: Int
    /// Whether the bytes may be written: allocated here, and not a file's.
    package let isWritable: Bool
    private let release: @Sendable () -> Void

    /// Allocates `byteCount` bytes on the host. They are *not* cleared: every kernel writes all of its output.
    package init(byteCount: Int) {
        // malloc and our own alignment: glibc's memalign cannot use a freed block of the same size again, and then every
        // large result costs a page fault for each of its pages.
        let rounded = max(64, (byteCount + 63) / 64 * 64)
        guard let block = malloc(rounded + 64) else { fatalError("out of memory: \(byteCount) bytes") }
        nonisolated(unsafe) let owned = block
        self.residence = .host(block + (64 - Int(bitPattern: block) % 64) % 64)
        self.byteCount = byteCount
        self.isWritable = true
        self.release = { free(owned) }
    }

    /// Wraps memory of the host that somebody else made, such as a mapped file; `release` runs when the last tensor lets
    /// go.
    package init(
        base: UnsafeMutableRawPointer, byteCount: Int,
        release: @escaping @Sendable (UnsafeMutableRawPointer) -> Void
    ) {
        nonisolated(unsafe) let owned = base
        self.residence = .host(base)
        self.byteCount = byteCount
        self.isWritable = false
        self.release = { release(owned) }
    }

    /// Wraps memory of `device` at `address`; `release` runs when the last tensor lets go.
    package init(on device: any Device, address: UInt, byteCount: Int, release: @escaping @Sendable () -> Void) {
        self.residence = .device(device, address: address)
        self.byteCount = byteCount
        self.isWritable = true
        self.release = release
    }

    /// The first byte in the host's memory. The bytes must be there.
    package var base: UnsafeMutableRawPointer {
        guard case .host(let base) = residence else {
            preconditionFailure("the values are a device's: `floats` copies them")
        }
        return base
    }

    /// New memory in the same place, its contents undefined.
    func sibling(byteCount: Int) -> Storage {
        switch residence {
        case .host: Storage(byteCount: byteCount)
        case .device(let device, _): device.allocate(byteCount: byteCount)
        }
    }

    deinit { release() }
}
