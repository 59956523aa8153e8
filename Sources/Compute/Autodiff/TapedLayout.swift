extension Tape {
    /// [n, a, b] to [n, b, a].
    package func transposed(_ x: Variable) -> Variable {
        record(engine.transposed(x.value), from: [x]) { [unowned self, x = x.node] dy in
            accumulate(engine.transposed(dy), into: x)
        }
    }

    /// The same numbers under another shape.
    package func reshaped(_ x: Variable, _ shape: [Int]) -> Variable {
        record(x.value.reshaped(shape), from: [x]) { [unowned self, to = x.node, inputShape = x.shape] dy in
            accumulate(dy.reshaped(inputShape), into: to)
        }
    }

    /// a ‖ b along the channels.
    package func concatenated(_ a: Variable, _ b: Variable) -> Variable {
        let (left, right) = (a.shape[1], b.shape[1])
        return record(engine.concatenated(a.value, b.value), from: [a, b]) {
            [unowned self, a = a.node, b = b.node] dy in
            accumulate(engine.channels(0..<left, of: dy), into: a)
            accumulate(engine.channels(left..<left + right, of: dy), into: b)
        }
    }

    /// Nearest-neighbour upsampling to `height` × `width`.
    package func upsampledNearest(_ x: Variable, height: Int, width: Int) -> Variable {
        let y = engine.upsampledNearest(x.value, height: height, width: width)
        return record(y, from: [x]) { [unowned self, to = x.node, inputShape = x.shape] dy in
            accumulate(engine.upsampledNearestBackward(dy, inputShape: inputShape), into: to)
        }
    }

    /// Rows of `table` [vocabulary, width]: ids in row-major order of `shape`; result `shape` + [width].
    package func embedding(_ ids: [Int], _ table: Parameter, shape: [Int]) -> Variable {
        let y = engine.embedding(ids, table: table.value, shape: shape)
        return record(y, from: [], parameters: [table]) { [unowned self] dy in
            if let sum = table.gradientSum { engine.accumulateEmbeddingGradient(dy, ids: ids, into: sum) }
        }
    }

    /// x [n, t, d] with the row [d] before each sample's rows: [n, t + 1, d].
    package func prepended(_ row: Parameter, to x: Variable) -> Variable {
        let (samples, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
        let first = engine.stacked([Tensor](repeating: row.value.reshaped([1, 1, width]), count: samples))
        return record(engine.concatenated(first, x.value), from: [x], parameters: [row]) {
            [unowned self, x = x.node] dy in
            if let sum = row.gradientSum { engine.accumulateColumnSums(engine.channels(0..<1, of: dy), into: sum) }
            accumulate(engine.channels(1..<1 + tokens, of: dy), into: x)
        }
    }

    /// Sample n's row `rows[n]` of x [n, t, d]: [n, d].
    package func picked(_ rows: [Int], of x: Variable) -> Variable {
        let (tokens, width) = (x.shape[1], x.shape[2])
        let y = Tensor(uninitialized: [x.shape[0], width])
        for (sample, row) in rows.enumerated() {
            (y.pointer + sample * width).update(from: x.value.pointer + (sample * tokens + row) * width, count: width)
        }
        return record(y, from: [x]) { [unowned self, to = x.node, inputShape = x.shape] dy in
            let dx = Tensor(zeros: inputShape)
            for (sample, row) in rows.enumerated() {
                (dx.pointer + (sample * tokens + row) * width).update(from: dy.pointer + sample * width, count: width)
            }
            accumulate(dx, into: to)
        }
    }
}
