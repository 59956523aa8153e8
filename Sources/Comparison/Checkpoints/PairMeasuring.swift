import CKernels
import Checkpoints
import Compute
import Synchronization

/// Measures how the numbers of pairs of tensors differ. Every figure is the same with any number of workers and any
/// instruction set.
struct PairMeasuring {
    let engine: Engine
    /// Is told how many elements of how many have been measured.
    var progress: ((_ done: Int, _ total: Int) -> Void)?

    /// Pieces whose findings are kept at a time, 800 bytes each.
    private static let batch = 2048
    private static let sideBytes = ChunkTasks.elements * 8
    private static let scratchBytes = 2 * sideBytes
    /// Beside the numbers of both, the distances in two windows.
    private static let windowedBytes = 4 * sideBytes

    /// The measures of each pair; the tolerance of each decides what is counted as `outside`.
    /// - Throws: what reading throws.
    func measure(_ pairs: [(pair: TensorPair, pairing: NumberPairing, tolerance: Tolerance)]) throws -> [TensorMeasures]
    {
        var result: [TensorMeasures] = []
        let total = pairs.reduce(0) { $0 + $1.pair.left.count }
        var (start, done) = (0, 0)
        while start < pairs.count {
            // A tensor that has to be made is taken by itself, the others as many as fit.
            var (end, pieces) = (start, 0)
            repeat {
                pieces += pairs[end].pair.left.count / ChunkTasks.elements + 1
                end += 1
            } while end < pairs.count && pieces < Self.batch && pairs[end].pair.isInFiles && pairs[start].pair.isInFiles
            result += try measureTogether(Array(pairs[start..<end]))
            done += pairs[start..<end].reduce(0) { $0 + $1.pair.left.count }
            start = end
            progress?(done, total)
        }
        return result
    }

    private func measureTogether(
        _ pairs: [(pair: TensorPair, pairing: NumberPairing, tolerance: Tolerance)]
    ) throws -> [TensorMeasures] {
        let opened = try pairs.map { try $0.pair.open() }
        let counts = pairs.map { $0.pair.left.count * $0.pairing.numbersPerElement }
        let tasks = ChunkTasks.cut(counts, by: ChunkTasks.elements)
        let found = UnsafeMutablePointer<ck_difference>.allocate(capacity: max(tasks.count, 1))
        // The kernel cannot know which two numbers are one element.
        let unequalPairs = UnsafeMutablePointer<Int>.allocate(capacity: max(tasks.count, 1))
        unequalPairs.initialize(repeating: 0, count: max(tasks.count, 1))
        defer {
            found.deallocate()
            unequalPairs.deallocate()
        }
        let distances = try windowed(opened, pairs.map(\.pairing), counts)
        try ChunkTasks.run(tasks.count, on: engine.pool, scratchBytes: Self.windowedBytes) { index, scratch in
            let task = tasks[index]
            let pairing = pairs[task.tensor].pairing
            let other = try Self.read(opened[task.tensor], pairing, task.range, scratch)
            found[index] = compare(
                scratch, pairing, task.range.count, pairs[task.tensor].tolerance, distances[task.tensor].places
            ) { found, windows in
                distances[task.tensor].add(found, windows)
            }
            if pairing.numbersPerElement == 2 {
                unequalPairs[index] = Self.unequalElements(scratch, other, bytes: task.range.count * pairing.leftBytes)
            }
        }
        var result = [TensorMeasures](repeating: TensorMeasures(), count: pairs.count)
        for (index, task) in tasks.enumerated() {
            result[task.tensor].add(found[index], count: task.range.count)
            result[task.tensor].unequalPairs += unequalPairs[index]
        }
        for index in result.indices {
            result[index].numbersPerElement = pairs[index].pairing.numbersPerElement
            (result[index].median, result[index].percentile99) = try percentiles(
                opened[index], pairs[index].pairing, counts[index], result[index].histogram, distances[index].found)
            let (pair, types) = (opened[index], (pairs[index].pair.left.type, pairs[index].pair.right.type))
            try Self.name(&result[index].maxULP, pair, types)
            try Self.name(&result[index].maxAbsolute, pair, types)
        }
        return result
    }

    /// Compares the numbers of both sides that lie in `scratch`, and hands on what lies in windows of these places.
    private func compare(
        _ scratch: UnsafeMutableRawPointer, _ pairing: NumberPairing, _ count: Int, _ tolerance: Tolerance,
        _ places: [(low: UInt64, width: UInt64)],
        _ body: (ck_difference, UnsafeMutableBufferPointer<ck_distance_window>) -> Void
    ) -> ck_difference {
        let kernel = ck_kernels_for(engine.isa.code).pointee.compare.compare!
        var found = ck_difference()
        var tolerance = ck_tolerance(tolerance)
        withUnsafeTemporaryAllocation(of: ck_distance_window.self, capacity: places.count) { windows in
            for (index, place) in places.enumerated() {
                let kept = scratch + (2 + index) * Self.sideBytes
                windows[index] = ck_distance_window(
                    low: place.low, width: place.width, below: 0, kept: kept.assumingMemoryBound(to: UInt64.self),
                    count: 0)
            }
            kernel(
                &found, scratch, pairing.left, scratch + Self.sideBytes, pairing.right, count, &tolerance,
                windows.baseAddress, windows.count)
            body(found, windows)
        }
        return found
    }

    /// The windows of each pair's percentiles.
    private func windowed(
        _ pairs: [OpenPair], _ pairings: [NumberPairing], _ counts: [Int]
    ) throws -> [WindowedPercentiles] {
        let chosen = Mutex([[DistanceWindow]](repeating: [.all], count: pairs.count))
        try ChunkTasks.run(pairs.count, on: engine.pool, scratchBytes: Self.windowedBytes) { index, scratch in
            guard let sample = DistanceSample(of: counts[index]) else { return }
            let (left, right) = (pairings[index].leftBytes, pairings[index].rightBytes)
            for (run, range) in sample.runs.enumerated() {
                let place = run * range.count
                try pairs[index].left.read(
                    range.lowerBound * left..<range.upperBound * left, into: scratch + place * left)
                try pairs[index].right.read(
                    range.lowerBound * right..<range.upperBound * right,
                    into: scratch + Self.sideBytes + place * right)
            }
            let all = (low: DistanceWindow.all.low, width: DistanceWindow.all.width)
            _ = compare(scratch, pairings[index], sample.count, .exact, [all]) { found, windows in
                let distances = DistanceList(UnsafeBufferPointer(start: windows[0].kept, count: windows[0].count))
                let windows = DistanceWindow.around(distances, histogram: found.counts)
                chosen.withLock { $0[index] = windows }
            }
        }
        return chosen.withLock { chosen in
            zip(chosen, counts).map { windows, count in
                WindowedPercentiles(windows: windows, pieces: (count + ChunkTasks.elements - 1) / ChunkTasks.elements)
            }
        }
    }

    /// Complex elements, of eight bytes each, that differ in any. A piece begins with a whole one, as its size is even.
    private static func unequalElements(
        _ left: UnsafeMutableRawPointer, _ right: UnsafeMutableRawPointer, bytes: Int
    ) -> Int {
        stride(from: 0, to: bytes, by: 8).reduce(0) { count, place in
            let isEqual =
                left.load(fromByteOffset: place, as: UInt64.self)
                == right.load(fromByteOffset: place, as: UInt64.self)
            return isEqual ? count : count + 1
        }
    }

    /// Reads the two numbers of a worst element.
    private static func name<Amount>(
        _ worst: inout TensorMeasures.Worst<Amount>, _ pair: OpenPair, _ types: (ElementType, ElementType)
    ) throws {
        worst.left = try NumberText.read(worst.index, of: pair.left, types.0)
        worst.right = try NumberText.read(worst.index, of: pair.right, types.1)
    }

    /// Reads a piece of both; gives where the right one begins.
    private static func read(
        _ pair: OpenPair, _ pairing: NumberPairing, _ range: Range<Int>, _ scratch: UnsafeMutableRawPointer
    ) throws -> UnsafeMutableRawPointer {
        let other = scratch + sideBytes
        let (left, right) = (pairing.leftBytes, pairing.rightBytes)
        try pair.left.read(range.lowerBound * left..<range.upperBound * left, into: scratch)
        try pair.right.read(range.lowerBound * right..<range.upperBound * right, into: other)
        return other
    }

    /// The median and the 99th percentile of distances with this histogram. What `known` lacks is searched: the
    /// histogram's octave, cut into 4096 parts until a part is one distance.
    private func percentiles(
        _ pair: OpenPair, _ pairing: NumberPairing, _ count: Int, _ histogram: [Int],
        _ known: (median: UInt64?, percentile99: UInt64?)
    ) throws -> (UInt64, UInt64) {
        if let median = known.median, let percentile99 = known.percentile99 { return (median, percentile99) }
        let ranks = DistanceRanks(histogram: histogram)
        var (median, upper) = (ranks.search(percent: 50), ranks.search(percent: 99))
        let tasks = ChunkTasks.cut([count], by: ChunkTasks.elements)
        let kernel = ck_kernels_for(engine.isa.code).pointee.compare.count_distances!
        while !median.isExact || !upper.isExact {
            // Both ranks often lie in one range, which is then counted once.
            let ranges = Set([median, upper].filter { !$0.isExact }.map(\.range)).sorted { $0.low < $1.low }
            let total = DistanceCounts(parts: ranges.count)
            try ChunkTasks.run(tasks.count, on: engine.pool, scratchBytes: Self.scratchBytes) { index, scratch in
                let task = tasks[index]
                let other = try Self.read(pair, pairing, task.range, scratch)
                total.add { counts in
                    let parts = ranges.enumerated().map { part, range in
                        ck_distance_range(
                            low: range.low, shift: Int32(range.shift), count: DistanceCounts.size,
                            counts: counts + part * DistanceCounts.size)
                    }
                    kernel(parts, parts.count, scratch, pairing.left, other, pairing.right, task.range.count)
                }
            }
            let counts = Dictionary(uniqueKeysWithValues: zip(ranges, total.sums))
            if let found = counts[median.range], !median.isExact { median.narrow(found) }
            if let found = counts[upper.range], !upper.isExact { upper.narrow(found) }
        }
        return (median.low, upper.low)
    }
}

extension ck_tolerance {
    /// The bound beyond which the kernel counts; under `exact` nothing has to be counted.
    fileprivate init(_ tolerance: Tolerance) {
        self.init()
        switch tolerance {
        case .exact: (by_ulp, ulp) = (1, .max)
        case .ulp(let bound): (by_ulp, ulp) = (1, bound)
        case .values(let relative, let absolute): (by_ulp, self.relative, self.absolute) = (0, relative, absolute)
        }
    }
}
