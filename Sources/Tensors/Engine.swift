import CKernels

/// What computes: an instruction set and its workers. On the reference backend neither can change a bit.
public final class Engine: @unchecked Sendable {
    /// The instruction set in use.
    public let isa: ISA
    /// The threads in use.
    public let pool: WorkerPool
    /// Kernels of `isa`.
    let kernels: UnsafePointer<ck_kernels>

    /// An engine on `isa` with `workers` threads.
    public init(isa: ISA = .best, workers: Int = 1) {
        precondition(isa.isSupported, "\(isa) is not supported by this CPU")
        ck_keep_freed_memory()
        self.isa = isa
        self.pool = WorkerPool(workers: workers)
        self.kernels = ck_kernels_for(isa.code)
    }

    /// Stops the worker threads; the engine must not be used afterwards.
    public func stop() { pool.stop() }

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
