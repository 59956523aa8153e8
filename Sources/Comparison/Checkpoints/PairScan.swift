import Checkpoints
import Compute
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Finds the pairs of tensors whose bytes differ: reading ends at a pair's first difference.
struct PairScan {
    let pool: WorkerPool
    /// Is told how many bytes of how many have been compared.
    var progress: ((_ done: Int, _ total: Int) -> Void)?

    /// Bytes that are compared between two calls of `progress`.
    private static let batch = 1 << 30
    /// Bytes of a piece that are compared first.
    private static let beginning = 1 << 14

    /// Whether the bytes of each pair differ. Pairs are of one type and size.
    /// - Throws: what reading throws.
    func differing(_ pairs: [TensorPair]) throws -> [Bool] {
        var result = [Bool](repeating: false, count: pairs.count)
        // Tensors that have to be made are made one at a time.
        for (index, pair) in pairs.enumerated() where !pair.isInFiles {
            result[index] = try differing([pair.open()], sizes: [pair.left.byteCount])[0]
        }
        let inFiles = pairs.indices.filter { pairs[$0].isInFiles }
        let total = inFiles.reduce(0) { $0 + pairs[$1].left.byteCount }
        var (start, done) = (0, 0)
        while start < inFiles.count {
            var (end, bytes) = (start, 0)
            while end < inFiles.count && bytes < Self.batch {
                bytes += pairs[inFiles[end]].left.byteCount
                end += 1
            }
            let part = inFiles[start..<end]
            let found = try differing(
                try part.map { try pairs[$0].open() }, sizes: part.map { pairs[$0].left.byteCount })
            for (index, differs) in zip(part, found) { result[index] = differs }
            (start, done) = (end, done + bytes)
            progress?(done, total)
        }
        return result
    }

    private func differing(_ pairs: [OpenPair], sizes: [Int]) throws -> [Bool] {
        let tasks = ChunkTasks.cut(sizes, by: ChunkTasks.bytes)
        // A flag may be seen late, and then a piece is read in vain; never is one left out of an equal pair.
        let flags = UnsafeMutablePointer<UInt8>.allocate(capacity: max(pairs.count, 1))
        flags.initialize(repeating: 0, count: max(pairs.count, 1))
        defer { flags.deallocate() }
        let lock = Mutex(())
        try ChunkTasks.run(tasks.count, on: pool, scratchBytes: 2 * ChunkTasks.bytes) { index, scratch in
            let task = tasks[index]
            if lock.withLock({ _ in flags[task.tensor] != 0 }) { return }
            let pair = pairs[task.tensor]
            let other = scratch + ChunkTasks.bytes
            // Of a tensor that has changed everywhere the rest need not be read.
            let middle = min(task.range.lowerBound + Self.beginning, task.range.upperBound)
            for part in [task.range.lowerBound..<middle, middle..<task.range.upperBound] {
                try pair.left.read(part, into: scratch)
                try pair.right.read(part, into: other)
                guard memcmp(scratch, other, part.count) == 0 else {
                    lock.withLock { _ in flags[task.tensor] = 1 }
                    return
                }
            }
        }
        return pairs.indices.map { flags[$0] != 0 }
    }
}
