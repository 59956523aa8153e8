/// Cuts long series into few pieces.
enum StepBuckets {
    /// `count` places in at most `most` runs of nearly equal length, in order.
    static func ranges(_ count: Int, most: Int) -> [Range<Int>] {
        guard count > 0, most > 0 else { return [] }
        let pieces = min(count, most)
        return (0..<pieces).map { count * $0 / pieces..<count * ($0 + 1) / pieces }
    }

    /// At most `most` of `count` places, evenly, the first and the last among them.
    static func spread(_ count: Int, most: Int) -> [Int] {
        guard count > most else { return Array(0..<max(0, count)) }
        guard most > 1 else { return most == 1 ? [0] : [] }
        return (0..<most).map { ($0 * (count - 1)) / (most - 1) }
    }

    /// Of each piece of a curve the places of its least and its greatest value: what the eye would see of it.
    static func extremes(_ values: [Double], most: Int) -> [Int] {
        guard values.count > most else { return Array(values.indices) }
        return ranges(values.count, most: max(1, most / 2)).flatMap { range -> [Int] in
            guard let low = range.min(by: { values[$0] < values[$1] }),
                let high = range.max(by: { values[$0] < values[$1] })
            else { return [] }
            return low == high ? [low] : [min(low, high), max(low, high)]
        }
    }
}
