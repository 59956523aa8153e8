/// The eigenvalues and eigenvectors of a symmetric matrix, largest values first: Householder's reduction to three
/// diagonals, then the QL method with implicit shifts (Golub and Van Loan, 8.3).
struct SymmetricEigenvectors {
    let values: [Double]
    /// Orthonormal; one list for each value.
    let vectors: [[Double]]

    /// From an n × n matrix of finite numbers; `nil` where the method does not end.
    init?(_ matrix: [Double], _ n: Int) {
        var (a, diagonal, off) = (matrix, [Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
        var reflections: [(start: Int, v: [Double])] = []
        for k in 0..<max(n - 1, 0) {
            diagonal[k] = a[k * n + k]
            var v = ((k + 1)..<n).map { a[$0 * n + k] }
            let norm = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard v.count > 1, norm > 0 else {
                off[k] = v[0]
                continue
            }
            off[k] = v[0] > 0 ? -norm : norm
            v[0] -= off[k]
            let size = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
            for i in v.indices { v[i] /= size }
            reflections.append((k + 1, v))
            // A − v·wᵀ − w·vᵀ, w = 2·(A·v − (vᵀ·A·v)·v).
            var w = [Double](repeating: 0, count: v.count)
            a.withUnsafeMutableBufferPointer { a in
                for i in v.indices {
                    let row = (k + 1 + i) * n + k + 1
                    var sum = 0.0
                    for j in v.indices { sum += a[row + j] * v[j] }
                    w[i] = 2 * sum
                }
                var along = 0.0
                for i in v.indices { along += w[i] * v[i] }
                for i in v.indices { w[i] -= along * v[i] }
                for i in v.indices {
                    let row = (k + 1 + i) * n + k + 1
                    for j in v.indices { a[row + j] -= v[i] * w[j] + w[i] * v[j] }
                }
            }
        }
        if n > 0 { diagonal[n - 1] = a[n * n - 1] }
        // Row i is the i-th eigenvector of the three diagonals.
        var z = [Double](repeating: 0, count: n * n)
        for i in 0..<n { z[i * n + i] = 1 }
        guard Self.iterate(&diagonal, &off, &z, n) else { return nil }
        let order = (0..<n).sorted { diagonal[$0] > diagonal[$1] || diagonal[$0] == diagonal[$1] && $0 < $1 }
        values = order.map { diagonal[$0] }
        vectors = order.map { place in
            var x = Array(z[place * n..<(place + 1) * n])
            for (start, v) in reflections.reversed() {
                var along = 0.0
                for i in v.indices { along += v[i] * x[start + i] }
                for i in v.indices { x[start + i] -= 2 * along * v[i] }
            }
            return x
        }
    }

    /// Makes the diagonal the eigenvalues.
    private static func iterate(_ d: inout [Double], _ e: inout [Double], _ z: inout [Double], _ n: Int) -> Bool {
        for l in 0..<n {
            var rounds = 0
            while true {
                var m = l
                while m < n - 1, abs(e[m]) > Double.ulpOfOne / 2 * (abs(d[m]) + abs(d[m + 1])) { m += 1 }
                if m == l { break }
                rounds += 1
                guard rounds <= 60 else { return false }
                var g = (d[l + 1] - d[l]) / (2 * e[l])
                var r = (g * g + 1).squareRoot()
                g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r : r))
                var (s, c, p) = (1.0, 1.0, 0.0)
                var i = m - 1
                while i >= l {
                    let (f, b) = (s * e[i], c * e[i])
                    r = (f * f + g * g).squareRoot()
                    e[i + 1] = r
                    if r == 0 { break }
                    (s, c) = (f / r, g / r)
                    g = d[i + 1] - p
                    r = (d[i] - g) * s + 2 * c * b
                    p = s * r
                    d[i + 1] = g + p
                    g = c * r - b
                    rotate(&z, i, s, c, n)
                    i -= 1
                }
                if r == 0 && i >= l {
                    d[i + 1] -= p
                    e[m] = 0
                    continue
                }
                d[l] -= p
                e[l] = g
                e[m] = 0
            }
        }
        return true
    }

    private static func rotate(_ z: inout [Double], _ i: Int, _ s: Double, _ c: Double, _ n: Int) {
        z.withUnsafeMutableBufferPointer { z in
            let (lower, upper) = (z.baseAddress! + i * n, z.baseAddress! + (i + 1) * n)
            for k in 0..<n {
                let f = upper[k]
                upper[k] = s * lower[k] + c * f
                lower[k] = c * lower[k] - s * f
            }
        }
    }
}
