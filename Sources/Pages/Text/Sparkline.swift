/// A series in one line of text: a row of blocks.
package enum Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")

    /// `values` from left to right in at most `width` characters, from the least to the greatest; a blank where there is
    /// none. Of each stretch the mean is shown.
    package static func text(_ values: [Double?], width: Int = 48) -> String {
        let means = StepBuckets.ranges(values.count, most: width).map { range -> Double? in
            let known = values[range].compactMap { $0 }.filter(\.isFinite)
            return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
        }
        let known = means.compactMap { $0 }
        guard let low = known.min(), let high = known.max() else { return "" }
        return String(
            means.map { mean in
                guard let mean else { return " " }
                guard high > low else { return blocks[high == 0 ? 0 : 3] }
                return blocks[min(7, Int((mean - low) / (high - low) * 8))]
            })
    }
}
