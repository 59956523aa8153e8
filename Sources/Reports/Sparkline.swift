/// A series in one line of text: eight heights, from the least to the largest value.
public enum Sparkline {
    private static let heights = Array("▁▂▃▄▅▆▇█")

    /// At most `width` characters; a longer series is cut into parts of equal length, each drawn as its mean. What is no
    /// number is a blank.
    public static func text(_ values: [Double], width: Int) -> String {
        let shown = condensed(values, to: max(1, width))
        let finite = shown.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return String(repeating: " ", count: shown.count) }
        return String(
            shown.map { value -> Character in
                guard value.isFinite else { return " " }
                // A series that does not move lies in the middle.
                guard high > low else { return heights[3] }
                return heights[min(7, Int((value - low) / (high - low) * 8))]
            })
    }

    /// Means of the finite values of `count` parts; the series itself if it is no longer.
    static func condensed(_ values: [Double], to count: Int) -> [Double] {
        guard values.count > count else { return values }
        return (0..<count).map { part in
            let slice = values[part * values.count / count..<(part + 1) * values.count / count].filter(\.isFinite)
            return slice.isEmpty ? .nan : slice.reduce(0) { $0 + $1 / Double(slice.count) }
        }
    }
}
