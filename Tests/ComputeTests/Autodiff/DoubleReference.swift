import Foundation

/// Textbook forward passes in Double. Shapes are row-major, as the tape's.
enum DoubleReference {
    /// x [rows, in]·Wᵀ [out, in] + b.
    static func linear(_ x: [Double], _ w: [Double], _ b: [Double]) -> [Double] {
        let (out, width) = (b.count, w.count / b.count)
        return (0..<x.count / width).flatMap { row in
            (0..<out).map { j in (0..<width).reduce(b[j]) { $0 + x[row * width + $1] * w[j * width + $1] } }
        }
    }

    /// x [n, c, h, w], weight [out, c, kernel, kernel]; zeros outside, `before` rows and columns of them in front.
    static func convolution(
        _ x: [Double], _ w: [Double], _ b: [Double], _ shape: (n: Int, c: Int, h: Int, w: Int), kernel: Int,
        stride: Int, before: Int, size: (h: Int, w: Int)
    ) -> [Double] {
        (0..<shape.n * b.count * size.h * size.w).map { index in
            let (column, row) = (index % size.w, index / size.w % size.h)
            let (oc, n) = (index / size.w / size.h % b.count, index / size.w / size.h / b.count)
            var sum = b[oc]
            for tap in 0..<shape.c * kernel * kernel {
                let (c, r, s) = (tap / kernel / kernel, tap / kernel % kernel, tap % kernel)
                let (y, z) = (row * stride + r - before, column * stride + s - before)
                guard y >= 0, y < shape.h, z >= 0, z < shape.w else { continue }
                sum += w[oc * shape.c * kernel * kernel + tap] * x[((n * shape.c + c) * shape.h + y) * shape.w + z]
            }
            return sum
        }
    }

    /// Groups of `size` neighbouring values; `channel(index)` picks the weight.
    static func normalized(
        _ x: [Double], size: Int, eps: Double, _ w: [Double], _ b: [Double], channel: (Int) -> Int
    ) -> [Double] {
        stride(from: 0, to: x.count, by: size).flatMap { start in
            let group = x[start..<start + size]
            let mean = group.reduce(0, +) / Double(size)
            let variance = group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
            return group.indices.map {
                (x[$0] - mean) / (variance + eps).squareRoot() * w[channel($0)] + b[channel($0)]
            }
        }
    }

    /// q [n, queries, heads·d], k and v [n, keys, heads·d].
    static func attention(
        _ q: [Double], _ k: [Double], _ v: [Double], n: Int, queries: Int, keys: Int, heads: Int, width: Int,
        causal: Bool
    ) -> [Double] {
        let inner = heads * width
        var o = [Double](repeating: 0, count: q.count)
        for task in 0..<n * heads * queries {
            let (sample, head, query) = (task / queries / heads, task / queries % heads, task % queries)
            let at = (sample * queries + query) * inner + head * width
            let from = sample * keys * inner + head * width
            let seen = causal ? query + 1 : keys
            let powers = (0..<seen).map { key in
                exp((0..<width).reduce(0) { $0 + q[at + $1] * k[from + key * inner + $1] } / Double(width).squareRoot())
            }
            let total = powers.reduce(0, +)
            for d in 0..<width {
                o[at + d] = (0..<seen).reduce(0) { $0 + powers[$1] / total * v[from + $1 * inner + d] }
            }
        }
        return o
    }

    static func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }
    static func quickGELU(_ x: Double) -> Double { x / (1 + exp(-1.702 * x)) }
    static func gelu(_ x: Double) -> Double { 0.5 * x * (1 + erf(x / 2.0.squareRoot())) }
}
