import Compute
import Testing

/// Every operation of the tape: its value and all its gradients.
@Suite struct OperationTests {
    // An inner product of n terms in (−1, 1) rounds n times (fma) and has a magnitude of at most n; the bias adds one each.

    @Test func linear() {
        let check = GradientCheck(inputs: [[2, 3, 7]], parameters: [[5, 7], [5]], roundings: 8, magnitude: 8)
        check.run {
            $0.linear($1[0], $2[0], $2[1])
        } reference: {
            DoubleReference.linear($0[0], $0[1], $0[2])
        }
    }

    @Test func linearWithoutBias() {
        GradientCheck(inputs: [[4, 6]], parameters: [[3, 6]], roundings: 6, magnitude: 6)
            .run {
                $0.linear($1[0], $2[0], nil)
            } reference: {
                DoubleReference.linear($0[0], $0[1], [0, 0, 0])
            }
    }

    /// (kernel, stride, padding in front, padding behind)
    @Test(arguments: [(1, 1, 0, 0), (3, 1, 1, 1), (3, 2, 1, 1), (3, 2, 0, 1)])
    func convolution(kernel: Int, stride: Int, before: Int, behind: Int) {
        let geometry = ConvolutionGeometry(stride: stride, top: before, bottom: behind, left: before, right: behind)
        let size = (h: (5 + before + behind - kernel) / stride + 1, w: (4 + before + behind - kernel) / stride + 1)
        // At most 3 · 9 terms forward, 4 · 9 to the input, 2 · 20 to a weight.
        GradientCheck(
            inputs: [[2, 3, 5, 4]], parameters: [[4, 3, kernel, kernel], [4]], roundings: 41, magnitude: 41
        )
        .run {
            $0.convolution($1[0], $2[0], $2[1], geometry)
        } reference: {
            DoubleReference.convolution(
                $0[0], $0[1], $0[2], (2, 3, 5, 4), kernel: kernel, stride: stride, before: before, size: size)
        }
    }

    // Normalisation: two sums over a group (n roundings each) and ten more. 1/σ < 3 for these numbers, |x̂| < 3, so
    // dx = rstd·(dy·w − (s1 + x̂·s2)/n) has a magnitude below 3·(1 + 1 + 3·3).

    @Test func groupNorm() {
        GradientCheck(inputs: [[2, 6, 3, 2]], parameters: [[6], [6]], roundings: 2 * 12 + 10, magnitude: 33)
            .run {
                $0.groupNorm($1[0], groups: 3, $2[0], $2[1], eps: 1e-5)
            } reference: {
                DoubleReference.normalized($0[0], size: 12, eps: 1e-5, $0[1], $0[2]) { $0 / 6 % 6 }
            }
    }

    @Test func layerNorm() {
        GradientCheck(inputs: [[2, 3, 9]], parameters: [[9], [9]], roundings: 2 * 9 + 10, magnitude: 33)
            .run {
                $0.layerNorm($1[0], $2[0], $2[1], eps: 1e-5)
            } reference: {
                DoubleReference.normalized($0[0], size: 9, eps: 1e-5, $0[1], $0[2]) { $0 % 9 }
            }
    }

    /// Scores are inner products of 4 terms, an absolute error that exp turns into a relative one; P·V and dP take up to
    /// 7 terms, dS three operations, dK and dV a sum over up to 7 queries: below 40 roundings, sums below 7 · 2.
    @Test(arguments: [(5, 7, false), (7, 3, false), (6, 6, true)])
    func attention(queries: Int, keys: Int, causal: Bool) {
        let (q, k) = ([2, queries, 8], [2, keys, 8])
        GradientCheck(inputs: [q, k, k], roundings: 40, magnitude: 14)
            .run { tape, x, _ in
                tape.attention(x[0], x[1], x[2], heads: 2, causal: causal)
            } reference: {
                DoubleReference.attention(
                    $0[0], $0[1], $0[2], n: 2, queries: queries, keys: keys, heads: 2, width: 4, causal: causal)
            }
    }

    // Activations are within 4 units in the last place, slopes within 7 or 2^-24; the product with dy rounds once.

    @Test func silu() {
        GradientCheck(inputs: [[3, 17]], roundings: 8, magnitude: 1.2)
            .run { tape, x, _ in
                tape.apply(.silu, x[0])
            } reference: {
                $0[0].map(DoubleReference.silu)
            }
    }

    @Test func gelu() {
        GradientCheck(inputs: [[3, 17]], roundings: 8, magnitude: 1.2)
            .run { tape, x, _ in
                tape.apply(.gelu, x[0])
            } reference: {
                $0[0].map(DoubleReference.gelu)
            }
    }

    @Test func quickGELU() {
        GradientCheck(inputs: [[3, 17]], roundings: 8, magnitude: 1.2)
            .run { tape, x, _ in
                tape.apply(.quickGELU, x[0])
            } reference: {
                $0[0].map(DoubleReference.quickGELU)
            }
    }

    @Test func geglu() {
        GradientCheck(inputs: [[3, 10]], roundings: 8, magnitude: 1.2)
            .run { tape, x, _ in
                tape.geglu(x[0])
            } reference: { values in
                let x = values[0]
                return (0..<15).map { x[$0 / 5 * 10 + $0 % 5] * DoubleReference.gelu(x[$0 / 5 * 10 + 5 + $0 % 5]) }
            }
    }

    // Additions round once; sums over n positions n times.

    @Test func add() {
        GradientCheck(inputs: [[2, 3], [2, 3]], roundings: 1, magnitude: 2)
            .run { tape, x, _ in
                tape.add(x[0], x[1])
            } reference: {
                zip($0[0], $0[1]).map { $0 + $1 }
            }
    }

    @Test func scale() {
        GradientCheck(inputs: [[2, 3]], roundings: 1, magnitude: 2)
            .run { tape, x, _ in
                tape.scale(x[0], by: -1.75)
            } reference: {
                $0[0].map { -1.75 * $0 }
            }
    }

    /// One variable on both sides, and used again: contributions add up.
    @Test func repeatedUse() {
        GradientCheck(inputs: [[2, 3]], roundings: 6, magnitude: 4)
            .run { tape, x, _ in
                tape.add(tape.add(x[0], x[0]), tape.apply(.silu, x[0]))
            } reference: {
                $0[0].map { 2 * $0 + DoubleReference.silu($0) }
            }
    }

    @Test func addPerChannel() {
        GradientCheck(inputs: [[2, 3, 2, 5], [2, 3]], roundings: 10, magnitude: 10)
            .run { tape, x, _ in
                tape.addPerChannel(x[0], x[1])
            } reference: { values in
                values[0].indices.map { values[0][$0] + values[1][$0 / 10] }
            }
    }

    @Test func addPositions() {
        // The table's last rows are not reached: their gradient is 0.
        GradientCheck(inputs: [[3, 4, 5]], parameters: [[6, 5]], roundings: 3, magnitude: 3)
            .run {
                $0.addPositions($1[0], $2[0])
            } reference: { values in
                values[0].indices.map { values[0][$0] + values[1][$0 % 20] }
            }
    }

    // Moves do not round; gradients of a number that goes to n places are sums of n.

    @Test func transposedAndReshaped() {
        GradientCheck(inputs: [[2, 3, 4]], roundings: 1, magnitude: 1)
            .run { tape, x, _ in
                tape.reshaped(tape.transposed(x[0]), [4, 6])
            } reference: { values in
                (0..<24).map { values[0][$0 / 12 * 12 + $0 % 3 * 4 + $0 / 3 % 4] }
            }
    }

    @Test func concatenated() {
        GradientCheck(inputs: [[2, 2, 3], [2, 1, 3]], roundings: 1, magnitude: 1)
            .run { tape, x, _ in
                tape.concatenated(x[0], x[1])
            } reference: { values in
                Array(values[0][0..<6] + values[1][0..<3] + values[0][6..<12] + values[1][3..<6])
            }
    }

    @Test(arguments: [(6, 4), (5, 3)]) func upsampled(height: Int, width: Int) {
        let sources = (0..<2 * height * width).map { index -> Int in
            let (column, row, plane) = (index % width, index / width % height, index / width / height)
            return plane * 6 + row * 3 / height * 2 + column * 2 / width
        }
        GradientCheck(inputs: [[1, 2, 3, 2]], roundings: 4, magnitude: 4)
            .run { tape, x, _ in
                tape.upsampledNearest(x[0], height: height, width: width)
            } reference: { values in
                sources.map { values[0][$0] }
            }
    }

    @Test func embedding() {
        let ids = [2, 0, 2, 3, 2, 0]
        GradientCheck(parameters: [[4, 3]], roundings: 3, magnitude: 3)
            .run { tape, _, p in
                tape.embedding(ids, p[0], shape: [2, 3])
            } reference: { values in
                ids.flatMap { values[0][$0 * 3..<$0 * 3 + 3] }
            }
    }

    /// As the convolution whose stride is its kernel, with pixels left over at the right; 4 terms of a patch forward, a
    /// sum over 2 · 2 patches to a weight.
    @Test func patchEmbedding() {
        GradientCheck(inputs: [[2, 1, 4, 3]], parameters: [[3, 1, 2, 2]], roundings: 4, magnitude: 4)
            .run {
                $0.patchEmbedding($1[0], $2[0])
            } reference: { values in
                (0..<2 * 2 * 3).map { index in
                    let (image, top, out) = (index / 6, index / 3 % 2, index % 3)
                    return (0..<4).reduce(0) { sum, tap in
                        let pixel = image * 12 + (2 * top + tap / 2) * 3 + tap % 2
                        return sum + values[0][pixel] * values[1][4 * out + tap]
                    }
                }
            }
    }

    @Test func prepended() {
        GradientCheck(inputs: [[2, 3, 4]], parameters: [[4]], roundings: 2, magnitude: 2)
            .run {
                $0.prepended($2[0], to: $1[0])
            } reference: {
                Array($0[1] + $0[0][0..<12] + $0[1] + $0[0][12..<24])
            }
    }

    @Test func picked() {
        GradientCheck(inputs: [[2, 3, 4]], roundings: 1, magnitude: 1)
            .run { tape, x, _ in
                tape.picked([2, 0], of: x[0])
            } reference: {
                Array($0[0][8..<12] + $0[0][12..<16])
            }
    }
}
