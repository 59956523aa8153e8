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
        begin("\(activation)", [x])
        let y = tensor(x.shape)
        device.run(.activation(activation, x, to: y))
        end([y])
        return y
    }

    /// `dy·activation′(x)`, element by element.
    package func applyBackward(_ activation: Activation, _ dy: Tensor, x: Tensor) -> Tensor {
        begin("\(activation) backward", [dy, x])
        let dx = tensor(x.shape)
        device.run(.activationBackward(activation, dy: dy, x: x, to: dx))
        end([dx])
        return dx
    }

    /// GEGLU: x [rows…, 2d] split into hidden and gate; hidden·gelu(gate), [rows…, d].
    package func geglu(_ x: Tensor) -> Tensor {
        begin("geglu", [x])
        let y = tensor(x.shape.dropLast() + [x.shape.last! / 2])
        device.run(.geglu(x, to: y))
        end([y])
        return y
    }

    /// The gradient of `geglu`'s input.
    package func gegluBackward(_ dy: Tensor, x: Tensor) -> Tensor {
        begin("geglu backward", [dy, x])
        let dx = tensor(x.shape)
        device.run(.gegluBackward(dy: dy, x: x, to: dx))
        end([dx])
        return dx
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
