import Compute
import Testing

/// Moves and the sums that their gradients need.
@Suite struct LayoutTests {
    @Test(arguments: [(1, 1, 1), (2, 3, 5), (3, 8, 16), (2, 17, 33)]) func transposition(
        n: Int, rows: Int, columns: Int
    ) {
        let x = Samples.tensor([n, rows, columns], 81)
        let values = x.floats
        let expected = (0..<n * rows * columns).map { index in
            let (image, column, row) = (index / rows / columns, index / rows % columns, index % rows)
            return values[(image * rows + row) * columns + column]
        }
        for engine in engines() {
            let y = engine.transposed(x)
            #expect(y.shape == [n, columns, rows])
            expectBits(y, expected)
        }
    }

    /// (height, width) → (height, width): twice, odd targets, and one that is not a multiple.
    @Test(arguments: [(3, 5, 6, 10), (3, 5, 5, 9), (4, 3, 7, 7), (2, 2, 2, 2)])
    func upsampling(h: Int, w: Int, height: Int, width: Int) {
        let (x, dy) = (Samples.spread([2, 3, h, w], 82), Samples.spread([2, 3, height, width], 83))
        let (xv, dv) = (x.floats, dy.floats)
        func source(_ row: Int, _ column: Int) -> Int { row * h / height * w + column * w / width }
        var (expected, gradient) = ([Float](), [Float](repeating: 0, count: x.count))
        for plane in 0..<6 {
            for row in 0..<height {
                for column in 0..<width {
                    expected.append(xv[plane * h * w + source(row, column)])
                    gradient[plane * h * w + source(row, column)] += dv[(plane * height + row) * width + column]
                }
            }
        }
        for engine in engines() {
            expectBits(engine.upsampledNearest(x, height: height, width: width), expected)
            expectBits(engine.upsampledNearestBackward(dy, inputShape: [2, 3, h, w]), gradient)
        }
    }

    @Test func concatenation() {
        let (a, b) = (Samples.tensor([2, 3, 2, 5], 84), Samples.tensor([2, 1, 2, 5], 85))
        let (av, bv) = (a.floats, b.floats)
        let expected = Array(av[0..<30] + bv[0..<10] + av[30..<60] + bv[10..<20])
        for engine in engines() {
            let joined = engine.concatenated(a, b)
            #expect(joined.shape == [2, 4, 2, 5])
            expectBits(joined, expected)
            expectBits(engine.channels(0..<3, of: joined), av)
            expectBits(engine.channels(3..<4, of: joined), bv)
            expectBits(engine.stacked([a, joined.slice(0..<0).reshaped([0, 3, 2, 5]), a]), av + av)
        }
    }

    @Test func embedding() {
        let (table, dy) = (Samples.spread([7, 5], 86), Samples.spread([2, 4, 5], 87))
        let before = Samples.spread([7, 5], 88)
        let (tv, dv, ids) = (table.floats, dy.floats, [3, 0, 3, 6, 3, 1, 0, 0])
        var gradient = before.floats
        for (row, id) in ids.enumerated() {
            for column in 0..<5 { gradient[id * 5 + column] += dv[row * 5 + column] }
        }
        for engine in engines() {
            let y = engine.embedding(ids, table: table, shape: [2, 4])
            #expect(y.shape == [2, 4, 5])
            expectBits(y, ids.flatMap { tv[$0 * 5..<($0 + 1) * 5] })
            let sum = before.copy()
            engine.accumulateEmbeddingGradient(dy, ids: ids, into: sum)
            expectBits(sum, gradient)
        }
    }

    /// Squares that do not overlap and back again; what is left over at the right and the bottom comes back as 0.
    @Test(arguments: [(4, 4, 2), (5, 7, 3), (16, 16, 16), (9, 4, 1)])
    func patches(height: Int, width: Int, edge: Int) {
        let engine = Engine()
        let values = (0..<2 * 3 * height * width).map { Float($0 + 1) }
        let x = Tensor(values, shape: [2, 3, height, width])
        let (rows, columns) = (height / edge, width / edge)
        var expected: [Float] = []
        var kept = [Float](repeating: 0, count: values.count)
        for image in 0..<2 {
            for square in 0..<rows * columns {
                for channel in 0..<3 {
                    for pixel in 0..<edge * edge {
                        let y = square / columns * edge + pixel / edge
                        let place =
                            ((image * 3 + channel) * height + y) * width + square % columns * edge + pixel % edge
                        expected.append(values[place])
                        kept[place] = values[place]
                    }
                }
            }
        }
        let found = engine.patches(of: x, edge: edge)
        #expect(found.shape == [2, rows * columns, 3 * edge * edge] && found.floats == expected)
        #expect(engine.assembled(found, edge: edge, shape: x.shape).floats == kept)
    }
}
