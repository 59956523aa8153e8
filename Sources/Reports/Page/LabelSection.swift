import Core

/// What the labels of a run's pairs are like.
package struct LabelSection: PageSection {
    /// How often which values occur.
    package struct Histogram: Sendable, Equatable {
        /// What the values are, a word for anchors, and what a value means.
        package let title: String, key: String, meaning: String
        /// The least and the greatest value, the mean, and how many there are.
        package let range: ClosedRange<Double>, mean: Double, total: Int
        /// How many values fall into each of equal parts of the range.
        package let counts: [Int]

        /// The histogram of finite `values` in `parts` parts; nil where there are none.
        package init?(_ title: String, key: String, meaning: String, _ values: [Double], parts: Int = 32) {
            let finite = values.filter(\.isFinite)
            guard let low = finite.min(), let high = finite.max() else { return nil }
            var counts = [Int](repeating: 0, count: high > low ? parts : 1)
            for value in finite {
                let place = high > low ? Int((value - low) / (high - low) * Double(parts)) : 0
                counts[min(counts.count - 1, max(0, place))] += 1
            }
            (self.title, self.key, self.meaning, self.counts) = (title, key, meaning, counts)
            (range, mean, total) = (low...high, finite.reduce(0, +) / Double(finite.count), finite.count)
        }

        var sentence: String {
            "\(title) of \(Figures.grouped(total)) pairs: \(Figures.short(range.lowerBound)) to "
                + "\(Figures.short(range.upperBound)), mean \(Figures.short(mean)). \(meaning)"
        }
    }

    /// The histograms.
    package let histograms: [Histogram]
    /// Where the numbers come from, and what is strange.
    package let notes: [String]

    /// The anchor.
    package let key = "labels"
    /// The heading.
    package let title = "Labels and reward gaps"

    /// Histograms with what has to be known of them.
    package init(_ histograms: [Histogram], notes: [String]) { (self.histograms, self.notes) = (histograms, notes) }

    /// What it says.
    package var sentences: [String] { histograms.map(\.sentence) + notes }

    /// The shapes of the histograms.
    package var curves: [PageCurve] {
        histograms.map { histogram in
            let range = histogram.range
            return PageCurve(
                histogram.title, histogram.counts.map(Double.init),
                ends: "from \(Figures.short(range.lowerBound)) to \(Figures.short(range.upperBound))")
        }
    }

    /// A row for each part of each histogram that is not empty.
    package func table(_ detail: PageDetail) -> PageTable? {
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
        return PageTable(["what", "from", "to", "pairs"], rows, numbers: [1, 2, 3], most: detail.tableRows)
    }

    /// The drawings side by side.
    package func drawing(_ detail: PageDetail) -> String {
        "<div class=\"figures\">"
            + histograms.map {
                BarChart(
                    id: "\(key)-\($0.key)", title: $0.title, description: $0.sentence, range: $0.range,
                    counts: $0.counts,
                    unit: $0.title
                ).html
            }.joined(separator: "\n") + "</div>"
    }

    /// For programs.
    package var json: JSONValue {
        .array(
            histograms.map {
                [
                    "key": .string($0.key), "title": .string($0.title), "pairs": .integer($0.total),
                    "low": .decimal($0.range.lowerBound), "high": .decimal($0.range.upperBound),
                    "mean": .decimal($0.mean), "counts": .array($0.counts.map { .integer($0) }),
                ]
            })
    }
}
