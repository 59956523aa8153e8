import Compute
import Testing

/// Rule 2 against scalar loops.
@Suite struct MatMulTests {
    /// Odd sizes, more than one chunk, sizes on both sides of a vector and of a micro-kernel's rows.
    static let shapes = [
        (1, 1, 1), (3, 5, 7), (14, 32, 256), (15, 33, 257), (29, 47, 600), (2, 130, 31), (61, 9, 513), (5, 17, 1025),
    ]

    @Test(arguments: shapes) func everyTransposition(m: Int, n: Int, k: Int) {
        for engine in engines() {
            for (transposeA, transposeB) in [
                (Transposition.none, Transposition.none), (.none, .transposed), (.transposed, .none),
                (.transposed, .transposed),
            ] {
                let (flipA, flipB) = (transposeA == .transposed, transposeB == .transposed)
                let a = Samples.spread(flipA ? [k, m] : [m, k], 1)
                let b = Samples.spread(flipB ? [n, k] : [k, n], 2)
                let (av, bv) = (a.floats, b.floats)
                let expected = (0..<m * n).map { index in
                    let (i, j) = (index / n, index % n)
                    return Reference.product(k) {
                        (av[flipA ? $1 * m + i : i * k + $1], bv[flipB ? j * k + $1 : $1 * n + j])
                    }
                }
                expectBits(
                    engine.matmul(a, b, transposeA, transposeB), expected, "\(engine.isa) \(transposeA) \(transposeB)")
            }
        }
    }

    @Test func batched() {
        let (batch, m, n, k) = (6, 5, 19, 300)
        let (a, b) = (Samples.spread([2, 3, m, k], 3), Samples.spread([2, 3, k, n], 4))
        let (av, bv) = (a.floats, b.floats)
        let expected = (0..<batch * m * n).map { index in
            let (item, i, j) = (index / (m * n), index / n % m, index % n)
            return Reference.product(k) { (av[(item * m + i) * k + $1], bv[(item * k + $1) * n + j]) }
        }
        for engine in engines() {
            let c = engine.matmul(a, b)
            #expect(c.shape == [2, 3, m, n])
            expectBits(c, expected, "\(engine.isa)")
        }
    }

    /// A product large enough to be cut into several tiles, each with its own edges.
    @Test func tiles() {
        let (m, n, k) = (131, 151, 270)
        let (a, b) = (Samples.spread([m, k], 5), Samples.spread([k, n], 6))
        let (av, bv) = (a.floats, b.floats)
        let expected = (0..<m * n).map { index in
            Reference.product(k) { (av[index / n * k + $1], bv[$1 * n + index % n]) }
        }
        for engine in engines(workers: [1, 3]) {
            expectBits(engine.matmul(a, b), expected, "\(engine.isa), \(engine.pool.workers) workers")
            engine.stop()
        }
    }
}
