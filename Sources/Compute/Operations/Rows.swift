extension Engine {
    /// Rows of `table` [vocabulary, width] picked by `ids`; result [ids.count, width] under `shape` + [width].
    package func embedding(_ ids: [Int], table: Tensor, shape: [Int]) -> Tensor {
        begin("embedding", [table])
        for id in ids {
            precondition(id >= 0 && id < table.shape[0], "token id \(id) outside the table of \(table.shape[0])")
        }
        let y = tensor(shape + [table.shape[1]])
        device.run(.gatherRows(table, ids, to: y))
        end([y])
        return y
    }

    /// `dtable[id] += dy` row after row, in the order of `ids`.
    package func accumulateEmbeddingGradient(_ dy: Tensor, ids: [Int], into dtable: Tensor) {
        begin("embedding gradient", [dy, dtable])
        device.run(.accumulateRows(dy, ids, into: dtable))
        end([dtable])
    }

    /// Writes x [rows.count, …] over the rows `rows` of the first axis of `target`.
    package func scatter(_ x: Tensor, to rows: [Int], of target: Tensor) {
        device.run(.scatterRows(x, rows, to: target))
    }
}

extension Tape {
    /// Rows of `table` [vocabulary, width]: ids in row-major order of `shape`; result `shape` + [width].
    package func embedding(_ ids: [Int], _ table: Parameter, shape: [Int]) -> Variable {
        let y = engine.embedding(ids, table: table.value, shape: shape)
        return record(y, from: [], parameters: [table]) { [unowned self] dy in
            if let sum = table.gradientSum(on: engine) { engine.accumulateEmbeddingGradient(dy, ids: ids, into: sum) }
        }
    }

    /// Sample n's row `rows[n]` of x [n, t, d]: [n, d].
    package func picked(_ rows: [Int], of x: Variable) -> Variable {
        let (tokens, width) = (x.shape[1], x.shape[2])
        let places = rows.enumerated().map { $0 * tokens + $1 }
        let y = engine.tensor([x.shape[0], width])
        engine.device.run(.gatherRows(x.value.reshaped([x.shape[0] * tokens, width]), places, to: y))
        return record(y, from: [x]) { [unowned self, to = x.node, inputShape = x.shape] dy in
            let dx = engine.zeros(inputShape)
            engine.scatter(dy, to: places, of: dx.reshaped([inputShape[0] * tokens, width]))
            accumulate(dx, into: to)
        }
    }
}
