/// A function of one value, applied to every element.
package enum Activation: Sendable {
    /// x·σ(x).
    case silu
    /// x·Φ(x), by erf.
    case gelu
    /// x·σ(1.702·x), as OpenAI's CLIP.
    case quickGELU
}

extension Engine {
    /// `activation(x)`, element by element.
    package func apply(_ activation: Activation, _ x: Tensor) -> Tensor {
        result("\(activation)", [x], x.shape) { .activation(activation, x, to: $0) }
    }

    /// `dy·activation′(x)`, element by element.
    package func applyBackward(_ activation: Activation, _ dy: Tensor, x: Tensor) -> Tensor {
        result("\(activation) backward", [dy, x], x.shape) { .activationBackward(activation, dy: dy, x: x, to: $0) }
    }

    /// GEGLU: x [rows…, 2d] split into hidden and gate; hidden·gelu(gate), [rows…, d].
    package func geglu(_ x: Tensor) -> Tensor {
        result("geglu", [x], x.shape.dropLast() + [x.shape.last! / 2]) { .geglu(x, to: $0) }
    }

    /// The gradient of `geglu`'s input.
    package func gegluBackward(_ dy: Tensor, x: Tensor) -> Tensor {
        result("geglu backward", [dy, x], x.shape) { .gegluBackward(dy: dy, x: x, to: $0) }
    }
}

extension Tape {
    /// `activation(x)`.
    package func apply(_ activation: Activation, _ x: Variable) -> Variable {
        let saved = Saved(x.value)
        return record(engine.apply(activation, x.value), from: [x]) { [unowned self, to = x.node] dy in
            accumulate(engine.applyBackward(activation, dy, x: saved.value), into: to)
        }
    }

    /// x [rows…, 2d] = hidden ‖ gate: hidden·gelu(gate).
    package func geglu(_ x: Variable) -> Variable {
        let saved = Saved(x.value)
        return record(engine.geglu(x.value), from: [x]) { [unowned self, to = x.node] dy in
            accumulate(engine.gegluBackward(dy, x: saved.value), into: to)
        }
    }
}
