/// Distances in memory, in no order.
struct DistanceList {
    private let distances: UnsafeBufferPointer<UInt64>

    init(_ distances: UnsafeBufferPointer<UInt64>) {
        self.distances = distances
    }

    /// The distance of a rank, counted from 0.
    func distance(rank: Int) -> UInt64 {
        let (low, high) = distances.reduce((.max, 0)) { (Swift.min($0.0, $1), Swift.max($0.1, $1)) }
        var search = DistanceRanks.Search(
            low: low, widthBits: UInt64.bitWidth - (high - low).leadingZeroBitCount, rank: rank)
        while !search.isExact { narrow(&search) }
        return search.low
    }

    /// A small range in which the searched distance lies.
    func range(of search: DistanceRanks.Search) -> ClosedRange<UInt64> {
        var search = search
        if !search.isExact { narrow(&search) }
        return search.low...search.low + (1 << UInt64(search.range.widthBits) - 1)
    }

    private func narrow(_ search: inout DistanceRanks.Search) {
        let (low, shift, parts) = (search.low, UInt64(search.range.shift), UInt64(search.range.parts))
        var counts = [Int](repeating: 0, count: DistanceCounts.size)
        for distance in distances {
            let part = (distance &- low) >> shift
            if part < parts { counts[Int(part)] += 1 }
        }
        search.narrow(counts)
    }
}
