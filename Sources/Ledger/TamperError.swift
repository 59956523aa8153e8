/// A digest or a chain link does not hold: recorded evidence was changed after it was recorded.
package struct TamperError: Error, Equatable, CustomStringConvertible {
    /// The file that holds the evidence.
    package let file: String
    /// The run it belongs to, where known.
    package let run: String?
    /// The step, where it is one step's.
    package let step: Int?
    /// The place that does not hold: a column of the ledger ("steps.head"), or a member of a document ("digest").
    package let field: String
    /// The value that the other evidence has there.
    package let expected: String
    /// The value there.
    package let found: String

    /// An error with all its parts.
    package init(file: String, run: String?, step: Int?, field: String, expected: String, found: String) {
        self.file = file
        self.run = run
        self.step = step
        self.field = field
        self.expected = expected
        self.found = found
    }

    /// `file: run, step: field does not hold: expected …, found …`.
    package var description: String {
        let place = [run, step.map { "step \($0)" }].compactMap(\.self).joined(separator: ", ")
        return
            "\(file): \(place.isEmpty ? "" : place + ": ")\(field) does not hold: expected \(expected), found \(found)"
    }
}
