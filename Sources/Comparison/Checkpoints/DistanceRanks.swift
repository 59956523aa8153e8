import CKernels
import Synchronization

/// Finds distances by their rank among the pairs that are at a distance, from a histogram of octaves on.
struct DistanceRanks {
    /// The distances `low` + [0, 2^`widthBits`).
    struct Range: Hashable {
        var low: UInt64
        var widthBits: Int

        /// The parts that are counted next are 2^shift wide.
        var shift: Int { max(0, widthBits - DistanceCounts.bits) }
        var parts: Int { 1 << min(widthBits, DistanceCounts.bits) }
    }

    /// A distance that is known to lie in a range.
    struct Search: Equatable {
        var range: Range
        /// Its rank among the pairs from the range's beginning on, counted from 0.
        var rank: Int

        init(low: UInt64, widthBits: Int, rank: Int) {
            range = Range(low: low, widthBits: widthBits)
            self.rank = rank
        }

        var isExact: Bool { range.widthBits == 0 }
        var low: UInt64 { range.low }

        /// Goes on in the part that holds the rank.
        mutating func narrow(_ counts: [Int]) {
            for part in 0..<range.parts {
                if rank < counts[part] {
                    range = Range(low: low + UInt64(part) << UInt64(range.shift), widthBits: range.shift)
                    return
                }
                rank -= counts[part]
            }
            preconditionFailure("two passes over the same numbers counted otherwise")
        }
    }

    /// Pairs that are at a distance.
    let total: Int
    private let histogram: [Int]

    /// From pairs by octave: bin k ≥ 1 holds distances of 2^(k−1)…2^k − 1, the last one those of NaN to a number.
    init(histogram: [Int]) {
        self.histogram = histogram
        total = histogram.dropFirst().reduce(0, +)
    }

    /// The rank of a percentile by the nearest-rank definition: that of the ⌈p·n/100⌉-th, counted from 0.
    static func rank(_ percent: Int, of total: Int) -> Int {
        (total / 100 * percent + (total % 100 * percent + 99) / 100) - 1
    }

    /// Half of the pairs at a distance, or 99 of 100 of them, are not farther than the distance that this finds.
    func search(percent: Int) -> Search {
        total > 0 ? search(Self.rank(percent, of: total)) : Search(low: 0, widthBits: 0, rank: 0)
    }

    /// The octave of a rank among the pairs at a distance.
    func search(_ rank: Int) -> Search {
        var rank = rank
        for (bin, count) in histogram.enumerated().dropFirst() {
            if rank < count {
                return bin == Int(CK_ULP_MAX_BIN)
                    ? Search(low: .max, widthBits: 0, rank: 0)
                    : Search(low: 1 << UInt64(bin - 1), widthBits: bin - 1, rank: rank)
            }
            rank -= count
        }
        preconditionFailure("a rank beyond the total")
    }
}

/// Counts of distances that workers add up.
final class DistanceCounts: Sendable {
    static let bits = 12
    static let size = 1 << bits

    private let parts: Int
    private let counts: Mutex<[UInt64]>

    init(parts: Int) {
        self.parts = parts
        counts = Mutex([UInt64](repeating: 0, count: parts * DistanceCounts.size))
    }

    /// Lets `body` count into memory of its own and adds that.
    func add(_ body: (UnsafeMutablePointer<UInt64>) -> Void) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: parts * DistanceCounts.size) { own in
            own.initialize(repeating: 0)
            body(own.baseAddress!)
            counts.withLock { sums in for index in sums.indices { sums[index] += own[index] } }
        }
    }

    /// The sums, a list for each part.
    var sums: [[Int]] {
        counts.withLock { sums in
            (0..<parts).map { part in
                sums[part * DistanceCounts.size..<(part + 1) * DistanceCounts.size].map(Int.init)
            }
        }
    }
}
