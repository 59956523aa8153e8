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
            if let sum = table.gradientSum {
                let flat = sum.slice(0..<dy.shape[1]).reshaped([count])
                // One row a sample, so that sample after sample is added.
                engine.accumulateColumnSums(dy.reshaped([dy.shape[0], 1, count]), into: flat)
            }
            accumulate(dy, into: x)
        }
    }
}
