/// A row of the reference page of keys.
package struct SettingsRow: Sendable, Equatable {
    /// The key's way, as `optimizer.lr`.
    package var name: String
    /// Its type.
    package let type: String
    /// Which values of the type are allowed; empty for all.
    package let bound: String
    /// What stands for a key that is not given; `required` where it has to be.
    package let standard: String
    /// When it applies; empty for always.
    package var condition: String
    /// What it means, in one line.
    package let summary: String

    /// The row of the key `name`, whose values are of `type`.
    package init<Value>(
        _ name: String, _ type: SettingsType<Value>, standard: String, condition: String, _ summary: String
    ) {
        (self.name, self.type, self.bound) = (name, type.name, type.bound)
        (self.standard, self.condition, self.summary) = (standard, condition, summary)
    }
}
