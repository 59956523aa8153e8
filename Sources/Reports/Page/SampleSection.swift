import Core

/// Pictures of the same captions from the same noise, before and after the training.
package struct SampleSection: PageSection {
    /// A caption with its pictures.
    package struct Sample: Sendable, Equatable {
        /// The caption.
        package let caption: String
        /// The pictures: before and after, or after alone.
        package let pictures: [PagePicture]

        /// A caption with pictures.
        package init(caption: String, pictures: [PagePicture]) { (self.caption, self.pictures) = (caption, pictures) }
    }

    /// The samples.
    package let samples: [Sample]
    /// What drew them, and how.
    package let notes: [String]

    /// The anchor.
    package let key = "samples"
    /// The heading.
    package let title = "Samples before and after"

    /// Samples, and how they were drawn.
    package init(_ samples: [Sample], notes: [String]) { (self.samples, self.notes) = (samples, notes) }

    /// What it says.
    package var sentences: [String] {
        ["\(samples.count) caption\(samples.count == 1 ? "" : "s"), each drawn from the same noise by every model."]
            + notes
    }

    /// The captions.
    package func table(_ detail: PageDetail) -> PageTable? {
        PageTable(["caption"], samples.map { [$0.caption] }, most: detail.tableRows)
    }

    /// The pictures.
    package func drawing(_ detail: PageDetail) -> String {
        let shown = samples.prefix(detail.pictures / 2)
        let cells = shown.map { sample in
            "<div class=\"exhibit\"><div class=\"pictures\">\(sample.pictures.map(\.html).joined())</div>"
                + "<p>\(VisibleText.html(sample.caption, most: 300))</p></div>"
        }
        let rest = samples.count - shown.count
        return "<div class=\"exhibits\">\(cells.joined(separator: "\n"))</div>"
            + (rest > 0 ? "<p class=\"note\">\(rest) more are left out, to keep the page small.</p>" : "")
    }

    /// For programs.
    package var json: JSONValue {
        .array(
            samples.map {
                ["caption": .string($0.caption), "pictures": .array($0.pictures.map(\.json))]
            })
    }
}
