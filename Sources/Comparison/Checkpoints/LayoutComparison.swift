/// What is said of two checkpoints whose names are of two layouts, besides the tensors.
package struct LayoutComparison: Sendable, Equatable {
    /// The layout of the left names, in words.
    package let left: String
    /// The layout of the right names.
    package let right: String
    /// Tensors, or parts of joined ones, that were paired by meaning.
    package let pairs: Int
    /// What the other side's layout has no place for, the left side's first, each by name.
    package let unpaired: [UnpairedTensor]

    /// Those that are weights and were not compared.
    package var uncovered: [UnpairedTensor] { unpaired.filter { !$0.isCovered } }
}
