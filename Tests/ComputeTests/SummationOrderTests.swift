import Compute
import Testing

/// The order of sums seen from outside, as FPRev (Xie et al. 2025) does: among ones, one place holds M = 2^60 and another −M.
/// M swallows whatever is added to it before −M comes, so the result counts the ones that join after both have met,
/// which tells the size of the smallest subtree that holds both places.
@Suite struct SummationOrderTests {
    static func probe(_ count: Int, _ i: Int, _ j: Int) -> [Float] {
        var values = [Float](repeating: 1, count: count)
        values[i] = 0x1p60
        values[j] = -0x1p60
        return values
    }

    /// Every pair among places that sit around the borders of `period`.
    static func pairs(_ count: Int, around period: Int) -> [(Int, Int)] {
        let borders = Array(stride(from: 0, through: count, by: period))
        let offsets = [-2, -1, 0, 1, 17]
        let near = borders.flatMap { border in offsets.map { border + $0 } }
        let places = near.filter { $0 >= 0 && $0 < count }
        return places.flatMap { i in places.filter { $0 > i }.map { (i, $0) } }
    }

    /// Rule 2: ones that survive are those behind both places, in the later place's chain or in later chunks, and all
    /// earlier chunks' if both places lie in one chain.
    @Test func products() {
        let count = 700
        for engine in engines() {
            for (i, j) in SummationOrderTests.pairs(count, around: 256) {
                let expected =
                    i / 256 == j / 256
                    ? i / 256 * 256 + (count - 1 - j) : max(0, count - (j / 256 + 1) * 256)
                let ones = Tensor([Float](repeating: 1, count: count), shape: [1, count])
                let b = Tensor(SummationOrderTests.probe(count, i, j), shape: [count, 1])
                #expect(engine.matmul(ones, b).floats[0] == Float(expected), "places \(i), \(j), \(engine.isa)")
            }
        }
    }

    /// Rule 4 in one block of 64: the tree 8-4-2-1 over lanes of four.
    @Test func lanes() {
        let count = 64
        for engine in engines() {
            for i in 0..<count {
                for j in i + 1..<count {
                    let distance = (i % 16) ^ (j % 16)
                    // Lanes meet at the level of the lowest bit in which they differ, in subtrees of that many lanes.
                    let expected: Int
                    if distance == 0 {
                        expected = count - 4 + (3 - j / 16)
                    } else {
                        let lowest = distance & -distance
                        expected = count - 4 * (16 / lowest)
                    }
                    let found = engine.sum(Tensor(SummationOrderTests.probe(count, i, j), shape: [count]))
                    #expect(found == Float(expected), "places \(i), \(j), \(engine.isa)")
                }
            }
        }
    }

    /// Rule 4 over blocks: a later block joins the sum of the earlier ones.
    @Test func blocks() {
        let count = 3 * 4096
        for engine in engines() {
            for (i, j, expected) in [(0, 4096, 4096), (5, 2 * 4096, 0), (4096, 2 * 4096 + 9, 0), (4095, 4097, 4096)] {
                let found = engine.sum(Tensor(SummationOrderTests.probe(count, i, j), shape: [count]))
                #expect(found == Float(expected), "places \(i), \(j), \(engine.isa)")
            }
        }
    }

    /// Column sums: chains of 256 rows, the total in ascending order; a sample's chain ends with the sample.
    @Test func columns() {
        let count = 700
        for engine in engines() {
            for (i, j) in SummationOrderTests.pairs(count, around: 256) {
                let expected =
                    i / 256 == j / 256
                    ? i / 256 * 256 + (count - 1 - j) : max(0, count - (j / 256 + 1) * 256)
                let sum = Tensor(zeros: [1])
                let x = Tensor(SummationOrderTests.probe(count, i, j), shape: [1, count, 1])
                engine.accumulateColumnSums(x, into: sum)
                #expect(sum.floats[0] == Float(expected), "places \(i), \(j), \(engine.isa)")
            }
        }
    }

    /// Weight gradients: a chunk ends where its sample ends.
    @Test func samples() {
        let (samples, rows) = (3, 100)
        for engine in engines() {
            for (i, j) in SummationOrderTests.pairs(samples * rows, around: rows) {
                let expected =
                    i / rows == j / rows
                    ? i / rows * rows + (samples * rows - 1 - j) : samples * rows - (j / rows + 1) * rows
                let x = Tensor(SummationOrderTests.probe(samples * rows, i, j), shape: [samples, rows, 1])
                let ones = Tensor([Float](repeating: 1, count: samples * rows), shape: [samples, rows, 1])
                let sum = Tensor(zeros: [1, 1])
                engine.accumulateLinearWeightGradient(ones, x, into: sum)
                #expect(sum.floats[0] == Float(expected), "places \(i), \(j), \(engine.isa)")
            }
        }
    }
}
