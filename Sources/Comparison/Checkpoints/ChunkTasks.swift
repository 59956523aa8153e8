import Checkpoints
import Compute
import Synchronization

/// Work on tensors in pieces of fixed size, by all workers. Which worker takes a piece is left to chance; what becomes
/// of it is not.
struct ChunkTasks {
    /// Elements of a piece: a part of the order in which sums are taken.
    static let elements = 1 << 17
    /// Bytes of a piece that is only held against another: half a core's cache, long enough for the system.
    static let bytes = 1 << 19

    /// One piece of one tensor.
    struct Task {
        let tensor: Int
        let range: Range<Int>
    }

    /// The pieces of tensors of these sizes, in order.
    static func cut(_ sizes: [Int], by length: Int) -> [Task] {
        var tasks: [Task] = []
        for (tensor, size) in sizes.enumerated() {
            var start = 0
            while start < size {
                let end = min(size, start + length)
                tasks.append(Task(tensor: tensor, range: start..<end))
                start = end
            }
        }
        return tasks
    }

    /// Runs `body` for each number below `count` and throws the error of the first that failed.
    static func run(
        _ count: Int, on pool: WorkerPool, scratchBytes: Int,
        _ body: (Int, UnsafeMutableRawPointer) throws -> Void
    ) throws {
        let failure = Mutex<(task: Int, error: any Error)?>(nil)
        let failed = Atomic<Bool>(false)
        pool.run(tasks: count, scratchBytes: scratchBytes) { task, scratch in
            if failed.load(ordering: .relaxed) { return }
            do {
                try body(task, scratch)
            } catch {
                failed.store(true, ordering: .relaxed)
                failure.withLock { known in
                    if known.map({ task < $0.task }) ?? true { known = (task, error) }
                }
            }
        }
        if let error = failure.withLock({ $0?.error }) { throw error }
    }
}
