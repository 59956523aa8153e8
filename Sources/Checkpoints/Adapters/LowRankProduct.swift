/// W + scale · B·A: an adapter's matrices as they are added to a weight, the same for a run's merged model and for
/// `smpo diff --lora`.
///
/// Each element is a sum of Float64 in ascending order of the rank, from products that are exact (two Float32); scale,
/// times the sum, plus W, and only the end is rounded to Float32. PEFT and diffusers multiply in Float32: their merged
/// weights are a few ULP away.
package struct LowRankProduct {
    /// Rows of A and columns of B.
    let rank: Int
    /// Rows of the weight: those of B.
    let rows: Int
    /// Numbers of a row of the weight: those of a row of A.
    let columns: Int
    /// What the product is multiplied by.
    let scale: Double

    /// A product of B [rows, rank] and A [rank, columns].
    package init(rank: Int, rows: Int, columns: Int, scale: Double) {
        self.rank = rank
        self.rows = rows
        self.columns = columns
        self.scale = scale
    }

    /// Adds it to `result` [rows, columns].
    package func add(
        up: UnsafePointer<Float>, down: UnsafePointer<Float>, to result: UnsafeMutablePointer<Float>
    ) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: columns) { line in
            for row in 0..<rows {
                line.initialize(repeating: 0)
                for k in 0..<rank {
                    let (factor, source) = (Double(up[row * rank + k]), down + k * columns)
                    for column in 0..<columns { line[column] += factor * Double(source[column]) }
                }
                let target = result + row * columns
                for column in 0..<columns { target[column] = Float(Double(target[column]) + scale * line[column]) }
            }
        }
    }

    /// The same in Float64 throughout, not rounded to Float32 at the end; products are rounded as they are summed.
    func add(up: [Double], down: [Double], to result: inout [Double]) {
        var line = [Double](repeating: 0, count: columns)
        for row in 0..<rows {
            for column in 0..<columns { line[column] = 0 }
            for k in 0..<rank {
                let factor = up[row * rank + k]
                for column in 0..<columns { line[column] += factor * down[k * columns + column] }
            }
            for column in 0..<columns { result[row * columns + column] += scale * line[column] }
        }
    }
}
