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
}
