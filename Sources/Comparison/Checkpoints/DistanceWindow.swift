import CKernels

/// A range of distances in which a rank is expected. The distances inside are kept while a tensor is read, those nearer are
/// counted: if the rank does lie inside, its distance is known without reading the tensor again.
struct DistanceWindow {
    /// The distances `low` + [0, `width`).
    let low: UInt64
    let width: UInt64
    /// Pairs that are nearer than `low`, those at 0 included.
    private var below = 0
    private var kept: [UInt64] = []
    private var isFull = false

    /// Distances that are kept of one tensor, 16 MiB.
    private static let most = 1 << 21

    init(low: UInt64, width: UInt64) {
        (self.low, self.width) = (low, width)
    }

    /// All distances but 0.
    static let all = DistanceWindow(low: 1, width: .max - 1)

    /// Where the median and the 99th percentile lie, most likely, if `sample` are distances from all over the tensor.
    static func around(_ sample: DistanceList, histogram: [Int]) -> [DistanceWindow] {
        let ranks = DistanceRanks(histogram: histogram)
        let total = ranks.total
        guard total >= least else { return [.all] }
        let windows = [50, 99].map { percent in
            let rank = DistanceRanks.rank(percent, of: total)
            // Five standard deviations of a rank in a sample.
            let variance = Double(total * percent * (100 - percent)) / 10_000
            let margin = Int(5 * variance.squareRoot()) + 2
            let first = rank < margin ? 1 : sample.range(of: ranks.search(rank - margin)).lowerBound
            let last = rank + margin >= total ? .max : sample.range(of: ranks.search(rank + margin)).upperBound
            // That of NaN to a number needs no search.
            return (first: min(first, .max - 1), last: min(last, .max - 1))
        }
        if windows[0].last >= windows[1].first {
            return [DistanceWindow(low: windows[0].first, width: windows[1].last - windows[0].first + 1)]
        }
        return windows.map { DistanceWindow(low: $0.first, width: $0.last - $0.first + 1) }
    }

    /// A sample of fewer distances says nothing.
    private static let least = 256

    /// Adds what a piece was found to have.
    mutating func add(_ found: ck_distance_window) {
        below += Int(found.below)
        guard !isFull else { return }
        guard kept.count + found.count <= Self.most else {
            (isFull, kept) = (true, [])
            return
        }
        kept += UnsafeBufferPointer(start: found.kept, count: found.count)
    }

    /// The distance of a rank among the pairs that are at a distance, `nil` if it is not inside. `equal` pairs are at none.
    func distance(rank: Int, equal: Int) -> UInt64? {
        let place = rank - (below - equal)
        guard !isFull, kept.indices.contains(place) else { return nil }
        return kept.withUnsafeBufferPointer { DistanceList($0).distance(rank: place) }
    }
}
