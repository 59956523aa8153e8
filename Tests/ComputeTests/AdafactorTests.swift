import Compute
import Testing

/// Adafactor's update against scalar loops in the contract's order.
@Suite struct AdafactorTests {
    private let constants = AdafactorConstants(
        decay: 0.4257, oneMinusDecay: 0.5743, eps: 1e-30, clipThreshold: 1, rate: 3e-3, weightDecay: 3e-5)

    private func descend(_ weights: [Float], _ update: [Float], _ constants: AdafactorConstants) -> [Float] {
        let squares = Reference.sum(update.count) { update[$0] * update[$0] }
        let deviation = Float((Double(squares) / Double(update.count)).squareRoot())
        let factor = -Float(constants.rate / Double(max(1, deviation / constants.clipThreshold)))
        return zip(weights, update).map { weight, update in
            let decayed = constants.weightDecay == 0 ? weight : weight + weight * -constants.weightDecay
            return decayed + update * factor
        }
    }

    /// Stacks of small matrices, rows and columns longer than a chunk of a sum, and a task's elements.
    @Test(arguments: [
        [3, 5, 3, 3], [700, 6, 3, 3], [7, 6, 1, 1], [9, 5, 5], [4, 2, 17], [4, 64, 1], [4, 65, 1], [270, 3],
        [2, 600, 530], [3, 17_001], [17_001, 2], [1, 1],
    ])
    func factored(shape: [Int]) {
        let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        let matrices = shape.dropLast(2).reduce(1, *)
        let (p, g) = (Samples.spread(shape, 251), Samples.spread(shape, 252))
        func means(_ shape: [Int], _ seed: UInt64) -> Tensor {
            Tensor(Samples.spread(shape, seed).floats.map { abs($0) }, shape: shape)
        }
        let (r, c) = (means(shape.dropLast(), 253), means(shape.dropLast(2) + [columns], 254))
        let gradient = g.floats
        var (rowMeans, columnMeans, update) = (r.floats, c.floats, gradient)
        func square(_ index: Int) -> Float { gradient[index] * gradient[index] + constants.eps }
        for row in rowMeans.indices {
            let mean = Reference.sum(columns) { square(row * columns + $0) } / Float(columns)
            rowMeans[row] = rowMeans[row] * constants.decay + mean * constants.oneMinusDecay
        }
        for matrix in 0..<matrices {
            for column in 0..<columns {
                let sum = Reference.columnSum(rows, samples: 1, start: 0) { _, row in
                    square((matrix * rows + row) * columns + column)
                }
                let place = matrix * columns + column
                columnMeans[place] =
                    columnMeans[place] * constants.decay + (sum / Float(rows)) * constants.oneMinusDecay
            }
            let whole = Reference.sum(rows) { rowMeans[matrix * rows + $0] } / Float(rows)
            for row in matrix * rows..<(matrix + 1) * rows {
                let factor = 1 / (rowMeans[row] / whole).squareRoot()
                for column in 0..<columns {
                    let scaled =
                        gradient[row * columns + column] * (1 / columnMeans[matrix * columns + column].squareRoot())
                    update[row * columns + column] = scaled * factor
                }
            }
        }
        let weights = descend(p.floats, update, constants)
        for engine in engines(workers: [1, 3]) {
            let (parameter, rowsFound, columnsFound) = (p.copy(), r.copy(), c.copy())
            engine.adafactorInPlace(
                parameter: parameter, rowMeans: rowsFound, columnMeans: columnsFound, gradient: g, constants)
            engine.stop()
            expectBits(rowsFound, rowMeans, "\(engine.isa) rows")
            expectBits(columnsFound, columnMeans, "\(engine.isa) columns")
            expectBits(parameter, weights, "\(engine.isa) weights")
        }
    }

    @Test(arguments: [1, 37, 40_003]) func whole(count: Int) {
        var constants = constants
        (constants.weightDecay, constants.clipThreshold) = (0, 0.25)
        let (p, g) = (Samples.spread([count], 255), Samples.spread([count], 256))
        let v = Tensor(Samples.spread([count], 257).floats.map { abs($0) }, shape: [count])
        let gradient = g.floats
        let squares = zip(v.floats, gradient).map { v, g in
            v * constants.decay + (g * g + constants.eps) * constants.oneMinusDecay
        }
        let weights = descend(p.floats, zip(gradient, squares).map { $0 / $1.squareRoot() }, constants)
        for engine in engines(workers: [1, 3]) {
            let (parameter, found) = (p.copy(), v.copy())
            engine.adafactorInPlace(parameter: parameter, squares: found, gradient: g, constants)
            engine.stop()
            expectBits(found, squares, "\(engine.isa) squares")
            expectBits(parameter, weights, "\(engine.isa) weights")
        }
    }
}
