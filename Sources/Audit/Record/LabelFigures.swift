import Core
import Pages

/// What the labels of a run's pairs are like.
package struct LabelFigures: Sendable {
    /// How often which values occur.
    package let histograms: [Histogram]
    /// Where the numbers come from, and what is strange.
    package let notes: [String]

    /// Histograms with what has to be known of them.
    package init(_ histograms: [Histogram], notes: [String]) { (self.histograms, self.notes) = (histograms, notes) }

    /// Its anchor and heading.
    package static let (key, title) = ("labels", "Labels and reward gaps")

    /// The histograms side by side, and a row for each part of them that is not empty.
    package var finding: Finding {
        let rows = histograms.flatMap { histogram in
            let (low, high) = (histogram.range.lowerBound, histogram.range.upperBound)
            let width = (high - low) / Double(histogram.counts.count)
            return histogram.counts.enumerated().filter { $0.element > 0 }.map { place, count in
                [
                    histogram.title, Figures.short(low + Double(place) * width),
                    Figures.short(low + Double(place + 1) * width), Figures.grouped(count),
                ]
            }
        }
        var finding = Finding(
            Self.key, Self.title, says: histograms.map(\.sentence) + notes, data: .array(histograms.map(\.json)))
        finding.contents = [
            .histograms(histograms), .table(Table(["what", "from", "to", "pairs"], rows, numbers: [1, 2, 3])),
        ]
        return finding
    }
}
