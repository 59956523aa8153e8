import Compute

/// The rows of a matrix with length 1: each number over the root of its row's sum of squares, in Float64 and in order, rounded
/// once.
enum UnitRows {
    static func of(_ x: Tensor) -> Tensor {
        let (rows, width, numbers) = (x.shape[0], x.shape[1], x.floats)
        var result: [Float] = []
        result.reserveCapacity(numbers.count)
        for row in 0..<rows {
            let own = numbers[row * width..<(row + 1) * width]
            let length = own.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            result += own.map { Float(Double($0) / length) }
        }
        return Tensor(result, shape: x.shape)
    }
}
