import Core

/// One part of a report page: what it says in words, what it draws, and the numbers behind the drawing. Every form of the
/// page shows the same value.
package protocol PageSection: Sendable {
    /// Its anchor in the page and its member in the JSON form.
    var key: String { get }
    /// Its heading.
    var title: String { get }
    /// What it says, a sentence each, as plain text.
    var sentences: [String] { get }
    /// Curves for a terminal.
    var curves: [PageCurve] { get }
    /// The numbers behind the drawing as far as `detail` lets them be listed; nil where there are none.
    func table(_ detail: PageDetail) -> PageTable?
    /// The drawing as HTML with its text alternatives; empty where there is nothing to draw.
    func drawing(_ detail: PageDetail) -> String
    /// Whether the table is what the section is about, and open.
    var isTableOpen: Bool { get }
    /// All its numbers for programs.
    var json: JSONValue { get }
}

extension PageSection {
    /// Closed, unless a section says otherwise.
    package var isTableOpen: Bool { false }
    /// None, unless a section says otherwise.
    package var curves: [PageCurve] { [] }
    /// None, unless a section says otherwise.
    package func table(_ detail: PageDetail) -> PageTable? { nil }
    /// None, unless a section says otherwise.
    package func drawing(_ detail: PageDetail) -> String { "" }
}

/// A curve that a terminal shows as a row of blocks.
package struct PageCurve: Sendable, Equatable {
    /// What it is of.
    package let label: String
    /// Its values from left to right; nil where there is none.
    package let values: [Double?]
    /// What stands at its ends; nil for its least and greatest value.
    package let ends: String?

    /// A curve of `values`.
    package init(_ label: String, _ values: [Double?], ends: String? = nil) {
        (self.label, self.values, self.ends) = (label, values, ends)
    }
}

/// Rows of texts under a head.
package struct PageTable: Sendable, Equatable {
    /// The heads of the columns.
    package let head: [String]
    /// The rows, each as long as the head.
    package let rows: [[String]]
    /// Columns of numbers.
    package let numbers: Set<Int>
    /// How many rows there are besides.
    package let leftOut: Int

    /// A table of the first `most` of `rows`.
    package init(_ head: [String], _ rows: [[String]], numbers: Set<Int> = [], most: Int = .max) {
        (self.head, self.rows, self.numbers) = (head, Array(rows.prefix(most)), numbers)
        leftOut = max(0, rows.count - most)
    }

    /// A table of `rows` with some of the many, evenly chosen, the first and the last among them.
    package init(_ head: [String], thinning rows: [[String]], numbers: Set<Int> = [], most: Int) {
        let chosen = StepBuckets.spread(rows.count, most: most).map { rows[$0] }
        (self.head, self.rows, self.numbers, leftOut) = (head, chosen, numbers, rows.count - chosen.count)
    }
}
