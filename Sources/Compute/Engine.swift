import CKernels
import Core

/// States operations and has a device run them. On the reference backend neither instruction set nor workers can change a
/// bit.
package final class Engine: @unchecked Sendable {
    /// What computes the matrix products.
    package let backend: Backend
    /// The contract by which it computes; products of a foreign backend do so within roundings.
    package let contract = Contract.ref1
    /// The instruction set in use.
    package let isa: ISA
    /// The threads in use.
    package let pool: WorkerPool
    /// What runs the operations and owns the memory of their results.
    package let device: any Device
    /// Whether that is the host's processor.
    package let isOnHost: Bool
    /// What computes, for people: the instruction set, or the device.
    package var place: String { isOnHost ? isa.rawValue : "\(device)" }
    /// Who sees every operator, if anybody does.
    package var observer: (any OperatorObserver)?
    /// What the operators that run now belong to, for who watches: `inversion 0`, `policy`.
    package var section = ""
    /// Bytes of the padded copies that a convolution makes at once: a larger one is made row by row. No bit depends on it.
    package var paddedBytes = 64 << 20

    /// An engine on `isa` with `workers` threads.
    package convenience init(isa: ISA = .best, workers: Int = 1, backend: Backend = .reference) {
        precondition(isa.isSupported, "\(isa) is not supported by this CPU")
        ck_keep_freed_memory()
        self.init(backend, isa, WorkerPool(workers: workers))
    }

    /// An engine on `device`, which computes products as `backend` says; the workers are for what the host does besides.
    package convenience init(device: any Device, backend: Backend = .reference, workers: Int = 1) {
        self.init(backend, .best, WorkerPool(workers: workers), device)
    }

    /// An engine that cuts work as for `workers` threads, does it on the calling one, and has `clock` time it.
    package convenience init(isa: ISA, workers: Int, clock: JobClock) {
        ck_keep_freed_memory()
        self.init(.reference, isa, WorkerPool(workers: workers, clock: clock))
    }

    private init(_ backend: Backend, _ isa: ISA, _ pool: WorkerPool, _ device: (any Device)? = nil) {
        self.backend = backend
        self.isa = isa
        self.pool = pool
        isOnHost = device == nil
        self.device = device ?? backend.device(ReferenceDevice(isa: isa, pool: pool))
    }

    /// The same instruction set and the same workers on another backend. The reference backend is computed by the device
    /// that this engine has; OpenBLAS is the host's.
    package func on(_ backend: Backend) -> Engine {
        let engine = Engine(backend, isa, pool, isOnHost || backend != .reference ? nil : device)
        engine.observer = observer
        return engine
    }

    /// Stops the worker threads; the engine, and others on the same workers, must not be used afterwards.
    package func stop() { pool.stop() }

    /// Gives the system back the memory of results that are gone. For who goes on with results of other sizes, too large to
    /// lie in the gaps; else memory is kept, for a page that comes new from the system costs more than its use.
    package func releaseFreedMemory() { ck_release_freed_memory() }

    /// A new tensor on the device, its contents undefined.
    package func tensor(_ shape: [Int], _ dtype: DType = .f32) -> Tensor { device.tensor(shape, dtype) }

    /// Float32 zeros (+0) on the device.
    package func zeros(_ shape: [Int]) -> Tensor {
        let result = tensor(shape)
        device.run(.fill(result, 0))
        return result
    }
}
