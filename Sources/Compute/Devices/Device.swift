/// What runs operations and owns the memory of their tensors.
///
/// An engine states each operation of `Operation` with operands that are shaped and allocated; the device computes it. A
/// device that takes over a few operations hands the others to one that has them all, as `OpenBLASDevice` does. One suite of
/// tests, `DeviceTests`, is run over all devices.
package protocol Device: AnyObject, Sendable {
    /// Whether the device computes in memory of its own, to which values of the host's are brought first (`placed`).
    var hasOwnMemory: Bool { get }
    /// Bytes of its own memory that can still be taken; nil where that is the host's.
    var freeMemory: Int? { get }
    /// Bytes that memory of `byteCount` bytes takes.
    func occupied(byteCount: Int) -> Int
    /// Memory of `byteCount` bytes whose contents are undefined.
    func allocate(byteCount: Int) -> Storage
    /// Computes `operation`, or queues it.
    func run(_ operation: Operation)
    /// Bytes that `run` takes beside the operands, the workers' scratch aside.
    func workBytes(of operation: Operation) -> Int
    /// Copies bytes of the device's own memory, from `offset` on, into the host's. Several threads may read at a time.
    func read(_ storage: Storage, at offset: Int, into target: UnsafeMutableRawBufferPointer)
    /// What reads the device's memory beside what it computes from now on; by default in turn with it.
    func reader() -> any DeviceReader
    /// Copies bytes of the host's memory into the device's own, from `offset` on. `source` may be let go when it returns.
    func write(_ source: UnsafeRawBufferPointer, to storage: Storage, at offset: Int)
}

/// Reads a device's memory as it is once all has run that was queued when the reader was made, while the device goes on to
/// compute. Who reads keeps the tensors, and nobody may write them in place before the reads are done.
package protocol DeviceReader: Sendable {
    /// Copies bytes of the device's own memory, from `offset` on, into the host's. Several threads may read at a time.
    func read(_ storage: Storage, at offset: Int, into target: UnsafeMutableRawBufferPointer)
}

/// Reads in turn with what the device computes.
private struct QueuedReader: DeviceReader {
    let device: any Device

    func read(_ storage: Storage, at offset: Int, into target: UnsafeMutableRawBufferPointer) {
        device.read(storage, at: offset, into: target)
    }
}

extension Device {
    package var freeMemory: Int? { nil }
    package func occupied(byteCount: Int) -> Int { byteCount }
    package func reader() -> any DeviceReader { QueuedReader(device: self) }

    /// A new tensor in the device's memory, its contents undefined.
    package func tensor(_ shape: [Int], _ dtype: DType = .f32) -> Tensor {
        let storage = allocate(byteCount: shape.reduce(1, *) * dtype.byteCount)
        return Tensor(shape: shape, dtype: dtype, storage: storage, offset: 0)
    }

    /// Whether the device computes with the tensor where it lies.
    package func holds(_ tensor: Tensor) -> Bool {
        switch tensor.storage.residence {
        case .host: !hasOwnMemory
        case .device(let device, _): device === self
        }
    }

    /// `tensor` where this device computes with it: itself, or a copy in the device's own memory or in the host's.
    package func placed(_ tensor: Tensor) -> Tensor {
        if holds(tensor) { return tensor }
        guard hasOwnMemory else { return tensor.onHost }
        let copy = self.tensor(tensor.shape, tensor.dtype)
        tensor.withBytes { write($0, to: copy.storage, at: 0) }
        return copy
    }
}
