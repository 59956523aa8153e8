import Checkpoints
import Synchronization
import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Which pairs of tensors have other bytes: reading ends at a pair's first difference.
struct PairScan {
    let pool: WorkerPool

    /// Whether the bytes of each pair differ. Pairs are of one type and size.
    /// - Throws: what reading throws.
    func differing(_ pairs: [TensorPair]) throws -> [Bool] {
        var result = [Bool](repeating: false, count: pairs.count)
        // What has to be made is made one at a time.
        for (index, pair) in pairs.enumerated() where !pair.isInFiles {
            result[index] = try differing([pair.open()], sizes: [pair.left.byteCount])[0]
        }
        let inFiles = pairs.indices.filter { pairs[$0].isInFiles }
        let found = try differing(
            try inFiles.map { try pairs[$0].open() }, sizes: inFiles.map { pairs[$0].left.byteCount })
        for (index, differs) in zip(inFiles, found) { result[index] = differs }
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
            try pair.left.read(task.range, into: scratch)
            try pair.right.read(task.range, into: other)
            if memcmp(scratch, other, task.range.count) != 0 { lock.withLock { _ in flags[task.tensor] = 1 } }
        }
        return pairs.indices.map { flags[$0] != 0 }
    }
}
