/// A function of one value that is correctly rounded for all 2³² inputs (NUMERICS.md, section 7), applied to every element.
package enum ElementaryFunction: Sendable, CaseIterable {
    case exp, log, sin, cos, tanh, erf
    /// 1 / (1 + e⁻ˣ).
    case sigmoid
    case squareRoot
}

extension Engine {
    /// `function(x)`, element by element. It is not announced to observers: who states it gives it a name.
    package func apply(_ function: ElementaryFunction, _ x: Tensor) -> Tensor {
        let y = tensor(x.shape)
        device.run(.function(function, x, to: y))
        return y
    }
}
