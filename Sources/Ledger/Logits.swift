/// The logits of a step's items, which say whom the model prefers: above 0 the winner of a pair (KTO: it rates a picture as
/// people did).
package struct Logits: Sendable, Equatable {
    /// One for each item; none for an objective without preference.
    package let values: [Float]

    /// Logits in the items' order.
    package init(_ values: [Float]) { self.values = values }

    /// Their mean, summed up in Float64; nil where there is none.
    package var margin: Double? {
        values.isEmpty ? nil : values.reduce(0) { $0 + Double($1) } / Double(values.count)
    }

    /// The share of those above 0; nil where there is none.
    package var accuracy: Double? {
        values.isEmpty ? nil : Double(values.count { $0 > 0 }) / Double(values.count)
    }
}
