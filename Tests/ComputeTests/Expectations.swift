import Compute
import Testing

/// Fails at the first element whose bits differ.
func expectBits(
    _ found: Tensor, _ expected: [Float], _ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation
) {
    let values = found.floats
    #expect(values.count == expected.count, comment, sourceLocation: location)
    let different = zip(values, expected).enumerated().filter { $0.element.0.bitPattern != $0.element.1.bitPattern }
    if let first = different.first {
        Issue.record(
            """
            \(different.count) of \(values.count) elements differ, first at \(first.offset): found \
            \(first.element.0), expected \(first.element.1). \(comment.map(\.description) ?? "")
            """, sourceLocation: location)
    }
}
