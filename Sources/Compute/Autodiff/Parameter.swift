/// A named tensor of a model that training may change.
///
/// `@unchecked Sendable`: value and gradient change only between forward passes, on the thread that trains.
package final class Parameter: @unchecked Sendable {
    /// The name in the diffusers checkpoint.
    package let name: String
    /// The weights. May share storage with a mapped file or with another model until the first update.
    package private(set) var value: Tensor
    /// Whether backward passes add to `gradient`.
    package var isTrainable = false
    /// The sum of gradients so far, or nil before the first.
    package private(set) var gradient: Tensor?

    /// A parameter named `name`.
    package init(name: String, value: Tensor) {
        self.name = name
        self.value = value
    }

    /// The place where gradients are added, made of zeros when first asked for; nil for a frozen parameter. Where the host
    /// computes, the workers of `engine` write the zeros: large memory that is touched for the first time takes long.
    func gradientSum(on engine: Engine) -> Tensor? {
        guard isTrainable else { return nil }
        if gradient == nil { gradient = engine.device.holds(value) ? engine.zeros(value.shape) : value.zeros() }
        return gradient
    }

    /// Puts a gradient in place of the sum so far. Clipping writes to it.
    package func replaceGradient(with gradient: Tensor) {
        precondition(gradient.shape == value.shape, "\(name): \(value.shape) cannot have a gradient \(gradient.shape)")
        self.gradient = gradient
    }

    /// Forgets the gradient.
    package func clearGradient() { gradient = nil }

    /// Replaces the weights.
    package func replace(with value: Tensor) {
        precondition(value.shape == self.value.shape, "\(name): \(self.value.shape) cannot become \(value.shape)")
        self.value = value
    }

    /// The weights for writing: copied first if anybody else looks at their storage.
    package func valueForUpdate() -> Tensor {
        if !value.isUniquelyStored { value = value.copy() }
        return value
    }
}
