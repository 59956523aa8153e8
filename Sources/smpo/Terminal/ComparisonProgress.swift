/// The bars of `smpo diff`: one while bytes are compared, one while numbers are measured.
final class ComparisonProgress {
    /// Checkpoints below are through before one has looked.
    private static let least = 2 << 30

    private var bar: ProgressBar?
    private var what = ""

    /// `nil` where the checkpoints are small.
    init?(bytes: Int) {
        guard bytes >= ComparisonProgress.least else { return nil }
    }

    /// So many bytes or elements are through.
    func update(_ what: String, _ done: Int, _ total: Int) {
        if what != self.what {
            bar?.finish()
            (bar, self.what) = (
                ProgressBar(total: total >> 20, unit: what == "compared" ? "compared MiB" : "measured Mi elements"),
                what
            )
        }
        bar?.update(done >> 20)
    }

    /// Ends the last bar's line.
    func finish() { bar?.finish() }
}
