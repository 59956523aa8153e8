/// What is said of many scores together.
package struct ScoreSummary: Sendable, Equatable {
    /// How many.
    package let count: Int
    /// The middle one; of an even number the mean of the middle two.
    package let median: Double
    /// Their mean.
    package let mean: Double
    /// Of consecutive groups of `groupSize` the mean of their means and, over them, its standard deviation (that of a
    /// population), as HPSv2's benchmark prints; nil where the scores are not a whole number of at least two groups.
    package let groups: (mean: Double, deviation: Double)?

    /// The scores of a group in HPSv2's benchmark, ten of which are a style.
    package static let groupSize = 80

    /// Of at least one score.
    package init(_ scores: [Double]) {
        precondition(!scores.isEmpty)
        func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }
        let sorted = scores.sorted()
        count = scores.count
        median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
        self.mean = mean(scores)
        guard count % Self.groupSize == 0, count >= 2 * Self.groupSize else {
            groups = nil
            return
        }
        let means = stride(from: 0, to: count, by: Self.groupSize).map { mean(scores[$0..<$0 + Self.groupSize]) }
        let middle = mean(means)
        groups = (middle, mean(means.map { ($0 - middle) * ($0 - middle) }).squareRoot())
    }

    package static func == (a: ScoreSummary, b: ScoreSummary) -> Bool {
        a.count == b.count && a.median == b.median && a.mean == b.mean && a.groups?.mean == b.groups?.mean
            && a.groups?.deviation == b.groups?.deviation
    }
}
