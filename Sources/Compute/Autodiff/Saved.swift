/// An activation that the tape keeps for a backward pass. Here it is the tensor itself; a contract whose products read
/// their operands in another form may keep that form instead.
struct Saved: Sendable {
    /// The numbers, as the forward pass had them.
    let value: Tensor

    /// Keeps `value`.
    init(_ value: Tensor) { self.value = value }
}
