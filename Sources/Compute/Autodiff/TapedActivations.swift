extension Tape {
    /// `activation(x)`.
    package func apply(_ activation: Activation, _ x: Variable) -> Variable {
        record(engine.apply(activation, x.value), from: [x]) { [unowned self] dy in
            accumulate(engine.applyBackward(activation, dy, x: x.value), into: x.node)
        }
    }

    /// x [rows…, 2d] = hidden ‖ gate: hidden·gelu(gate).
    package func geglu(_ x: Variable) -> Variable {
        record(engine.geglu(x.value), from: [x]) { [unowned self] dy in
            accumulate(engine.gegluBackward(dy, x: x.value), into: x.node)
        }
    }
}
