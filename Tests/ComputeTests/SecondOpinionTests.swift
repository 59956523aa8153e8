import Compute
import Testing

/// Every operation that is made of matrix products, computed by both backends.
@Suite struct SecondOpinionTests {
    // MARK: Products

    /// Single rows and columns, sizes below, at and above tiles and chunks, a few large ones.
    static let shapes = [
        (3, 5, 7), (1, 70, 513), (70, 1, 513), (14, 32, 256), (15, 33, 257), (29, 47, 600), (2, 130, 31), (61, 9, 513),
        (5, 17, 1025), (31, 29, 1), (128, 128, 128), (257, 129, 65), (300, 200, 100),
    ]

    @Test(arguments: shapes) func matmul(m: Int, n: Int, k: Int) {
        for (flipA, flipB) in [(false, false), (false, true), (true, false), (true, true)] {
            let a = Samples.tensor(flipA ? [k, m] : [m, k], 301)
            let b = Samples.tensor(flipB ? [n, k] : [k, n], 302)
            SecondOpinion.expect("\(m) × \(n) × \(k), \(flipA), \(flipB)", within: SecondOpinion.bound(k)) {
                $0.matmul(a, b, flipA ? .transposed : .none, flipB ? .transposed : .none)
            }
        }
    }

    @Test(arguments: [(5, 19, 300), (31, 37, 70), (1, 3, 9)]) func batchedMatmul(m: Int, n: Int, k: Int) {
        let (a, b) = (Samples.tensor([2, 3, m, k], 303), Samples.tensor([2, 3, k, n], 304))
        SecondOpinion.expect("batched", within: SecondOpinion.bound(k)) { $0.matmul(a, b) }
    }

    // MARK: Linear layers

    @Test(arguments: [(1, 7, 5, 3), (3, 7, 300, 33), (2, 259, 17, 21), (2, 5, 31, 515), (4, 64, 64, 128)])
    func linear(samples: Int, rows: Int, width: Int, out: Int) {
        let (x, w) = (Samples.tensor([samples, rows, width], 305), Samples.tensor([out, width], 306))
        let (dy, bias) = (Samples.tensor([samples, rows, out], 307), Samples.tensor([out], 308))
        SecondOpinion.expect("y", within: SecondOpinion.bound(width)) { $0.linear(x, weight: w, bias: nil) }
        SecondOpinion.expect("y + b", within: SecondOpinion.bound(width)) { $0.linear(x, weight: w, bias: bias) }
        SecondOpinion.expect("dx", within: SecondOpinion.bound(out)) { $0.linearInputGradient(dy, weight: w) }
        SecondOpinion.expect("dW", within: SecondOpinion.bound(samples * rows)) { engine in
            let dw = w.copy()
            engine.accumulateLinearWeightGradient(dy, x, into: dw)
            return dw
        }
    }

    // MARK: Convolutions

    struct Shape: Sendable, CustomTestStringConvertible {
        let n, channels, out, height, width, kernel: Int
        let geometry: ConvolutionGeometry

        init(
            _ n: Int, _ channels: Int, _ out: Int, _ height: Int, _ width: Int, kernel: Int,
            _ geometry: ConvolutionGeometry = ConvolutionGeometry()
        ) {
            (self.n, self.channels, self.out, self.height, self.width) = (n, channels, out, height, width)
            (self.kernel, self.geometry) = (kernel, geometry)
        }

        var testDescription: String { "\(n)×\(channels)×\(height)×\(width) → \(out), \(kernel), \(geometry)" }
    }

    static let convolutions = [
        Shape(1, 1, 3, 5, 4, kernel: 1), Shape(2, 13, 29, 27, 23, kernel: 1), Shape(3, 8, 16, 16, 16, kernel: 1),
        Shape(2, 7, 5, 9, 11, kernel: 1, ConvolutionGeometry(stride: 2)),
        Shape(2, 13, 29, 27, 23, kernel: 3, ConvolutionGeometry(padding: 1)),
        Shape(1, 4, 32, 16, 16, kernel: 3, ConvolutionGeometry(padding: 1)),
        Shape(2, 3, 4, 7, 1, kernel: 3, ConvolutionGeometry(padding: 1)),
        Shape(2, 5, 7, 17, 13, kernel: 3, ConvolutionGeometry(stride: 2, padding: 1)),
        Shape(2, 13, 9, 27, 23, kernel: 3, ConvolutionGeometry(stride: 2, top: 0, bottom: 1, left: 0, right: 1)),
        Shape(2, 6, 10, 12, 15, kernel: 3, ConvolutionGeometry(stride: 1, top: 2, bottom: 0, left: 1, right: 2)),
        Shape(1, 3, 4, 9, 8, kernel: 5, ConvolutionGeometry(stride: 3, top: 2, bottom: 1, left: 0, right: 3)),
    ]

    @Test(arguments: convolutions) func convolution(_ s: Shape) {
        let x = Samples.tensor([s.n, s.channels, s.height, s.width], 309)
        let (w, bias) = (
            Samples.tensor([s.out, s.channels, s.kernel, s.kernel], 310), Samples.tensor([s.out], 311)
        )
        let (taps, y) = (s.kernel * s.kernel, Engine().convolution(x, weight: w, bias: nil, s.geometry))
        let (dy, area) = (Samples.tensor(y.shape, 312), y.shape[2] * y.shape[3])
        let forward = SecondOpinion.bound(s.channels * taps)
        SecondOpinion.expect("y", within: forward) { $0.convolution(x, weight: w, bias: nil, s.geometry) }
        SecondOpinion.expect("y + b", within: forward) { $0.convolution(x, weight: w, bias: bias, s.geometry) }
        SecondOpinion.expect("dx", within: SecondOpinion.bound(s.out * taps)) {
            $0.convolutionInputGradient(dy, weight: w, inputShape: x.shape, s.geometry)
        }
        SecondOpinion.expect("dW", within: SecondOpinion.bound(s.n * area)) { engine in
            let dw = w.copy()
            engine.accumulateConvolutionWeightGradient(dy, x, into: dw, s.geometry)
            return dw
        }
    }

    // MARK: Attention

    /// The scores q·k of numbers below 2 in magnitude, scaled by 1/√d, have the size 4/3. An error of theirs, absolute,
    /// is the probabilities' relative one, so the bound for sums over d counts 4/3 times: twice is taken, which also
    /// covers the exponentials. In the backward pass P is computed again, dP − D loses no digits (both are of dP's size,
    /// and seldom near), and dS goes into sums over keys (dQ) and over queries (dK).
    @Test(arguments: [
        (1, 5, 7, 4, 1), (2, 65, 77, 24, 3), (1, 300, 90, 40, 2), (2, 33, 129, 12, 3), (1, 261, 261, 8, 1),
    ])
    func attention(n: Int, queries: Int, keys: Int, inner: Int, heads: Int) {
        let (q, k) = (Samples.tensor([n, queries, inner], 313), Samples.tensor([n, keys, inner], 314))
        let (v, gradient) = (Samples.tensor([n, keys, inner], 315), Samples.tensor([n, queries, inner], 316))
        let width = inner / heads
        for causal in queries == keys ? [false, true] : [false] {
            let probabilities = 2 * SecondOpinion.bound(width)
            SecondOpinion.expect("attention", within: probabilities + SecondOpinion.bound(keys)) {
                $0.attention(q, k, v, heads: heads, causal: causal).o
            }
            SecondOpinion.expect("statistics", within: probabilities) {
                $0.attention(q, k, v, heads: heads, causal: causal).statistics
            }
            func back(_ engine: Engine) -> (dq: Tensor, dk: Tensor, dv: Tensor) {
                let (o, statistics) = engine.attention(q, k, v, heads: heads, causal: causal)
                return engine.attentionBackward(
                    gradient, q, k, v, o: o, statistics: statistics, heads: heads, causal: causal)
            }
            let scores = 2 * probabilities + SecondOpinion.bound(width, keys)
            SecondOpinion.expect("dv", within: probabilities + SecondOpinion.bound(queries)) { back($0).dv }
            SecondOpinion.expect("dq", within: scores + SecondOpinion.bound(keys)) { back($0).dq }
            SecondOpinion.expect("dk", within: scores + SecondOpinion.bound(queries)) { back($0).dk }
        }
    }
}
