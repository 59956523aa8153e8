/// What PEFT leaves of a base's weight when an adapter begins as a part of it, so that weight and adapter add up to the
/// weight as it was. Only the adapter is saved; whoever loads it takes the same part from the base again.
///
/// Both parts are fixed by the weight alone, in Float64: PEFT's own, in Float32, are off by the rounding of a
/// decomposition, some 1e-6 of the weight's largest numbers.
struct BaseResidual {
    let change: AdapterConfiguration.BaseChange
    let rank: Int
    /// The adapter's scale.
    let scale: Double
    let module: String
    let path: String

    /// Takes the part from a weight of `rows` rows.
    /// - Throws: `CheckpointError` (`adapter`) where the weight leaves it open which part it is.
    func take(from weight: inout [Double], rows: Int, isTransposed: Bool) throws {
        let columns = weight.count / max(rows, 1)
        switch change {
        case .pissa:
            // The best approximation of that rank (Eckart and Young), whatever the scale.
            let isTall = rows > columns
            let matrix = isTall ? MergedWeight.transposed(weight, rows) : weight
            let (count, length) = (min(rows, columns), max(rows, columns))
            let directions = try leading(matrix, count, length)
            // Each direction u: u·(uᵀ·M).
            var part = [Double](repeating: 0, count: matrix.count)
            for u in directions {
                var line = [Double](repeating: 0, count: length)
                for i in 0..<count { for j in 0..<length { line[j] += u[i] * matrix[i * length + j] } }
                for i in 0..<count { for j in 0..<length { part[i * length + j] += u[i] * line[j] } }
            }
            if isTall { part = MergedWeight.transposed(part, count) }
            for index in weight.indices { weight[index] -= part[index] }
        case .olora:
            guard !isTransposed else { throw fault("OLoRA of a weight that lies transposed is not understood") }
            // scale · Q_r·R_r, which is W projected on the span of its first columns.
            for q in try firstColumns(weight, rows, columns) {
                var line = [Double](repeating: 0, count: columns)
                for i in 0..<rows { for j in 0..<columns { line[j] += q[i] * weight[i * columns + j] } }
                // The directions are orthogonal: what one takes away, no other sees.
                for i in 0..<rows { for j in 0..<columns { weight[i * columns + j] -= scale * q[i] * line[j] } }
            }
        }
    }

    private func fault(_ problem: String) -> CheckpointError {
        CheckpointError(.adapter, file: path, tensor: module, problem)
    }

    /// An orthonormal basis of the first `rank` columns.
    private func firstColumns(_ weight: [Double], _ rows: Int, _ columns: Int) throws -> [[Double]] {
        guard rank <= min(rows, columns) else { throw fault("a rank above the weight's extents") }
        var basis: [[Double]] = []
        for column in 0..<rank {
            var v = (0..<rows).map { weight[$0 * columns + column] }
            let size = Self.dot(v, v).squareRoot()
            // Twice is enough (Giraud and Langou).
            for _ in 0..<2 {
                for q in basis {
                    let along = Self.dot(q, v)
                    for i in 0..<rows { v[i] -= along * q[i] }
                }
            }
            let rest = Self.dot(v, v).squareRoot()
            guard rest > 1e-12 * size else { throw fault("the weight's first columns depend on each other") }
            basis.append(v.map { $0 / rest })
        }
        return basis
    }

    /// The left singular vectors of the `rank` largest singular values.
    private func leading(_ matrix: [Double], _ count: Int, _ length: Int) throws -> [[Double]] {
        guard rank < count else {
            // All of them: any orthonormal basis.
            return (0..<count).map { place in (0..<count).map { $0 == place ? 1 : 0 } }
        }
        var gram = [Double](repeating: 0, count: count * count)
        matrix.withUnsafeBufferPointer { rows in
            for i in 0..<count {
                for j in 0...i {
                    var sum = 0.0
                    for k in 0..<length { sum += rows[i * length + k] * rows[j * length + k] }
                    gram[i * count + j] = sum
                    gram[j * count + i] = sum
                }
            }
        }
        guard gram.allSatisfy(\.isFinite), let pairs = SymmetricEigenvectors(gram, count) else {
            throw fault("the weight has no singular values")
        }
        let (kept, next) = (pairs.values[rank - 1], pairs.values[rank])
        guard kept - next > 1e-10 * pairs.values[0] || kept <= 1e-12 * pairs.values[0] else {
            throw fault("two singular values are equal: it is open which PiSSA took")
        }
        return Array(pairs.vectors.prefix(rank))
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for index in a.indices { sum += a[index] * b[index] }
        return sum
    }
}
