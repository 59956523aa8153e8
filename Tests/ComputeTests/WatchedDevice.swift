import Compute

/// Hands everything on to a device of the host and counts what is allocated on it, as `ShapeDevice` does.
///
/// `@unchecked Sendable`: tensors are made and let go by the test's thread.
final class WatchedDevice: Device, @unchecked Sendable {
    /// Bytes that are there, and the most that were there at once since `beginPeak`.
    private(set) var (live, peak) = (0, 0)
    private let inner: any Device
    var hasOwnMemory: Bool { inner.hasOwnMemory }

    init(_ inner: any Device) { self.inner = inner }

    func beginPeak() { peak = live }

    func allocate(byteCount: Int) -> Storage {
        let storage = inner.allocate(byteCount: byteCount)
        live += byteCount
        peak = max(peak, live)
        return Storage(base: storage.base, byteCount: byteCount) { _ in
            self.live -= byteCount
            withExtendedLifetime(storage) {}
        }
    }

    func run(_ operation: Operation) { inner.run(operation) }

    func workBytes(of operation: Operation) -> Int { inner.workBytes(of: operation) }

    func read(_ storage: Storage, at offset: Int, into target: UnsafeMutableRawBufferPointer) {
        inner.read(storage, at: offset, into: target)
    }

    func write(_ source: UnsafeRawBufferPointer, to storage: Storage, at offset: Int) {
        inner.write(source, to: storage, at: offset)
    }
}
