/// What the reference page says of a key.
package struct SettingsRow: Sendable, Equatable {
    /// The key's way, as `optimizer.lr`.
    package var name: String
    /// What may be written, as `integer of at least 1`.
    package let values: String
    /// What stands for a key that is not given; `required` where it has to be.
    package let standard: String
    /// When it applies; empty for always.
    package var condition: String
    /// What it means, in one line.
    package let summary: String

    /// A row.
    package init(_ name: String, values: String, standard: String, condition: String = "", _ summary: String) {
        (self.name, self.values, self.standard) = (name, values, standard)
        (self.condition, self.summary) = (condition, summary)
    }
}
