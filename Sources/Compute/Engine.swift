import CKernels

/// What computes: a backend, an instruction set and its workers. On the reference backend neither of the last two can
/// change a bit.
package final class Engine: @unchecked Sendable {
    /// What computes the matrix products.
    package let backend: Backend
    /// The instruction set in use.
    package let isa: ISA
    /// The threads in use.
    package let pool: WorkerPool
    /// Who sees every operator, if anybody does.
    package var observer: (any OperatorObserver)?
    /// What the operators that run now belong to, for who watches: `inversion 0`, `policy`.
    package var section = ""
    /// Kernels of `isa`.
    let kernels: UnsafePointer<ck_kernels>

    /// An engine on `isa` with `workers` threads.
    package convenience init(isa: ISA = .best, workers: Int = 1, backend: Backend = .reference) {
        precondition(isa.isSupported, "\(isa) is not supported by this CPU")
        ck_keep_freed_memory()
        self.init(backend, isa, WorkerPool(workers: workers))
    }

    private init(_ backend: Backend, _ isa: ISA, _ pool: WorkerPool) {
        self.backend = backend
        self.isa = isa
        self.pool = pool
        self.kernels = ck_kernels_for(isa.code)
    }

    /// The same instruction set and the same workers on another backend.
    package func on(_ backend: Backend) -> Engine {
        let engine = Engine(backend, isa, pool)
        engine.observer = observer
        return engine
    }

    /// Stops the worker threads; the engine, and others on the same workers, must not be used afterwards.
    package func stop() { pool.stop() }

    /// Elements an elementwise task handles.
    static let span = 16_384

    /// Runs `body(range)` over `count` elements in fixed spans.
    func overSpans(_ count: Int, _ body: (Range<Int>) -> Void) {
        let tasks = (count + Engine.span - 1) / Engine.span
        pool.run(tasks: tasks) { task, _ in
            body(task * Engine.span..<min(count, (task + 1) * Engine.span))
        }
    }
}
