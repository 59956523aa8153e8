/// What is said of two checkpoints that were paired by meaning, besides the tensors: their names are of two layouts, or one
/// has buffers or averages that the other does not have.
package struct LayoutComparison: Sendable, Equatable {
    /// The layout of the left names, in words.
    package let left: String
    /// The layout of the right names.
    package let right: String
    /// Whether both are of one layout, and one has besides its weights what the other does not have.
    package let isOne: Bool
    /// Tensors, or parts of joined ones, that were paired by meaning.
    package let pairs: Int
    /// What the other side's layout has no place for, the left side's first, each by name.
    package let unpaired: [UnpairedTensor]

    /// Those that are weights and were not compared.
    package var uncovered: [UnpairedTensor] { unpaired.filter { !$0.isCovered } }
}
