/// Places all over a tensor, few of its numbers, from which the windows of its percentiles are guessed.
struct DistanceSample {
    /// Numbers that are read in one go.
    private static let run = 64
    /// One of so many numbers is taken, within bounds: with more of them the windows are smaller, and less is kept.
    private static let share = 256
    private static let least = 1 << 12, most = ChunkTasks.elements

    /// The runs, in order.
    let runs: [Range<Int>]
    var count: Int { runs.count * Self.run }

    /// `nil` for a tensor of so few numbers that all distances are kept.
    init?(of count: Int) {
        guard count > 4 * Self.least else { return nil }
        let runs = min(max(count / Self.share, Self.least), Self.most) / Self.run
        self.runs = (0..<runs).map { index in
            let start = index * ((count - Self.run) / (runs - 1))
            return start..<start + Self.run
        }
    }
}
