/// The progress of drawing or scoring, of which the total is known only when it begins; nothing is shown of nothing to do.
final class EvaluationProgress {
    private let unit: String
    private var bar: ProgressBar?

    init(_ unit: String) { self.unit = unit }

    func update(_ done: Int, _ total: Int) {
        let bar = bar ?? ProgressBar(total: total, unit: unit)
        self.bar = bar
        bar.update(done)
    }

    func finish() { bar?.finish() }
}
