/// Computes nothing and counts what a device would take: a model of any size runs on it in no time and in no memory. Tensors
/// have shapes and no numbers; what is read of them is 0.
///
/// `@unchecked Sendable`: tensors are made and let go by the thread that runs the model.
package final class ShapeDevice: Device, @unchecked Sendable {
    /// Bytes of the tensors that are there.
    package private(set) var live = 0
    /// The most bytes that were there at once since `beginPeak`.
    package private(set) var peak = 0
    /// The most bytes that an operation took beside its operands since `beginPeak`. They are not part of `peak`.
    package private(set) var work = 0
    private let planned: any Device
    package var hasOwnMemory: Bool { planned.hasOwnMemory }

    /// Counts as if `device` computed, which is asked for nothing but sizes.
    package init(planning device: any Device) { planned = device }

    /// Counts as if a backend of the host computed.
    package init(_ backend: Backend = .reference) {
        planned = backend.device(ReferenceDevice(isa: .best, pool: WorkerPool(workers: 1)))
    }

    /// Forgets peaks so far.
    package func beginPeak() { (peak, work) = (live, 0) }

    package func allocate(byteCount: Int) -> Storage {
        let taken = planned.occupied(byteCount: byteCount)
        live += taken
        peak = max(peak, live)
        return Storage(on: self, address: 0, byteCount: byteCount) { self.live -= taken }
    }

    package func run(_ operation: Operation) { work = max(work, planned.workBytes(of: operation)) }

    package func occupied(byteCount: Int) -> Int { planned.occupied(byteCount: byteCount) }

    package func workBytes(of operation: Operation) -> Int { planned.workBytes(of: operation) }

    package func read(_ storage: Storage, at offset: Int, into target: UnsafeMutableRawBufferPointer) {
        target.initializeMemory(as: UInt8.self, repeating: 0)
    }

    package func write(_ source: UnsafeRawBufferPointer, to storage: Storage, at offset: Int) {}
}
