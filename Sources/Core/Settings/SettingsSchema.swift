/// What the keys of a section are, in the order in which they are read and written.
package struct SettingsSchema<Root: Sendable>: Sendable {
    /// What the settings begin with: what stands for keys that are not given.
    package let initial: Root
    /// The keys.
    package let keys: [SettingsKey<Root>]

    /// A schema.
    package init(_ initial: Root, _ keys: [SettingsKey<Root>]) { (self.initial, self.keys) = (initial, keys) }

    /// The keys' names.
    package var names: [String] { keys.map(\.name) }
}
