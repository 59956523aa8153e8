/// A function of two values, applied to the elements of two tensors of one shape.
package enum Arithmetic: Sendable {
    case add, subtract, multiply
}

extension Engine {
    /// `a + b`.
    package func add(_ a: Tensor, _ b: Tensor) -> Tensor { combine(.add, a, b) }

    /// `a − b`.
    package func subtract(_ a: Tensor, _ b: Tensor) -> Tensor { combine(.subtract, a, b) }

    /// `a·b`.
    package func multiply(_ a: Tensor, _ b: Tensor) -> Tensor { combine(.multiply, a, b) }

    private func combine(_ arithmetic: Arithmetic, _ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.shape == b.shape, "shapes differ: \(a.shape) and \(b.shape)")
        return result("\(arithmetic)", [a, b], a.shape) { .arithmetic(arithmetic, a, b, to: $0) }
    }

    /// `x ← x + y` in place.
    package func addInPlace(_ y: Tensor, to x: Tensor) {
        precondition(x.shape == y.shape, "shapes differ: \(x.shape) and \(y.shape)")
        begin("add", [x, y])
        device.run(.arithmetic(.add, x, y, to: x))
        end([x])
    }

    /// `x·s`.
    package func scale(_ x: Tensor, by s: Float) -> Tensor {
        result("scale", [x], x.shape) { .scale(x, s, to: $0) }
    }

    /// `x ← x·s` in place.
    package func scaleInPlace(_ x: Tensor, by s: Float) {
        begin("scale", [x])
        device.run(.scale(x, s, to: x))
        end([x])
    }

    /// `a·alpha + b·beta`: two products, one sum.
    package func blend(_ a: Tensor, _ alpha: Float, _ b: Tensor, _ beta: Float) -> Tensor {
        precondition(a.shape == b.shape)
        return result("blend", [a, b], a.shape) { .blend(a, alpha, b, beta, to: $0) }
    }

    /// x [n, c, …] plus e [n, c], the same for every position.
    package func addPerChannel(_ x: Tensor, _ e: Tensor) -> Tensor {
        result("add per channel", [x, e], x.shape) { .addPerChannel(x, e, to: $0) }
    }

    /// x [n, t, d] plus rows [t, d], the same for every sample.
    package func addRows(_ x: Tensor, _ rows: Tensor) -> Tensor {
        result("add rows", [x, rows], x.shape) { .addRows(x, rows, to: $0) }
    }
}

extension Tape {
    /// `a + b`, equal shapes.
    package func add(_ a: Variable, _ b: Variable) -> Variable {
        record(engine.add(a.value, b.value), from: [a, b]) { [unowned self, a = a.node, b = b.node] dy in
            accumulate(dy, into: a)
            accumulate(dy, into: b)
        }
    }

    /// `x · factor`.
    package func scale(_ x: Variable, by factor: Float) -> Variable {
        record(engine.scale(x.value, by: factor), from: [x]) { [unowned self, to = x.node] dy in
            accumulate(engine.scale(dy, by: factor), into: to)
        }
    }

    /// x [n, c, …] + e [n, c].
    package func addPerChannel(_ x: Variable, _ e: Variable) -> Variable {
        record(engine.addPerChannel(x.value, e.value), from: [x, e]) { [unowned self, x = x.node, e = e.node] dy in
            accumulate(dy, into: x)
            accumulate(engine.planeSums(dy), into: e)
        }
    }

    /// x [n, t, d] + the first t rows of a position table [positions, d].
    package func addPositions(_ x: Variable, _ table: Parameter) -> Variable {
        let rows = table.value.slice(0..<x.shape[1])
        let y = engine.addRows(x.value, rows)
        return record(y, from: [x], parameters: [table]) { [unowned self, x = x.node, count = rows.count] dy in
            if let sum = table.gradientSum(on: engine) {
                let flat = sum.slice(0..<dy.shape[1]).reshaped([count])
                // One row a sample, so that sample after sample is added.
                engine.accumulateColumnSums(dy.reshaped([dy.shape[0], 1, count]), into: flat)
            }
            accumulate(dy, into: x)
        }
    }
}
