/// What runs operations and owns the memory of their tensors.
///
/// An engine states each operation of `Operation` with operands that are shaped and allocated; the device computes it. A
/// device that takes over a few operations hands the others to one that has them all, as `OpenBLASDevice` does. One suite of
/// tests, `DeviceTests`, is run over all devices.
package protocol Device: AnyObject, Sendable {
    /// Memory of `byteCount` bytes whose contents are undefined.
    func allocate(byteCount: Int) -> Storage
    /// Computes `operation`, or queues it.
    func run(_ operation: Operation)
    /// Bytes that `run` takes beside the operands, the workers' scratch aside.
    func workBytes(of operation: Operation) -> Int
    /// Copies bytes of the device's own memory, from `offset` on, into the host's.
    func read(_ storage: Storage, at offset: Int, into target: UnsafeMutableRawBufferPointer)
    /// Copies bytes of the host's memory into the device's own, from `offset` on. `source` may be let go when it returns.
    func write(_ source: UnsafeRawBufferPointer, to storage: Storage, at offset: Int)
}

extension Device {
    /// A new tensor in the device's memory, its contents undefined.
    package func tensor(_ shape: [Int], _ dtype: DType = .f32) -> Tensor {
        let storage = allocate(byteCount: shape.reduce(1, *) * dtype.byteCount)
        return Tensor(shape: shape, dtype: dtype, storage: storage, offset: 0)
    }
}
