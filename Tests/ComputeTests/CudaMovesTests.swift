import CCuda
import Compute
import Testing

/// The kernels that move elements against the reference, where shapes are ragged and operands lie anywhere.
@Suite struct CudaMovesTests {
    @Test(arguments: [0, 1, 2]) func copies(shift: Int) {
        let pair = DevicePair()
        for count in [1, 5, 16, 1003] {
            pair.compare([Samples.spread([count], 1), Samples.spread([count], 2)], shift: shift, "\(count)") { e, x in
                e.device.run(.copy(x[0], to: x[1]))
                return [x[0].copy(), x[1]]
            }
        }
        // Bytes that are no whole words.
        let odd = Tensor(Samples.spread([9], 3).floats, shape: [9])
        let bytes = Tensor(shape: [33], dtype: .u8, storage: odd.storage, offset: shift)
        let storage = pair.device.allocate(byteCount: 35)
        pair.device.write(bytes.bytes, to: storage, at: 2)
        let moved = Tensor(shape: [33], dtype: .u8, storage: storage, offset: 2).copy()
        var found = [UInt8](repeating: 0, count: 33)
        found.withUnsafeMutableBytes { pair.device.read(moved.storage, at: moved.offset, into: $0) }
        #expect(found == Array(bytes.bytes))
        withExtendedLifetime(odd) {}
    }

    @Test(arguments: [0, 1]) func blocks(shift: Int) {
        let pair = DevicePair()
        for (n, left, right, area) in [(1, 1, 1, 1), (2, 3, 2, 7), (3, 4, 8, 16), (2, 1, 5, 1025)] {
            let (a, b) = (Samples.spread([n, left, area], 4), Samples.spread([n, right, area], 5))
            pair.compare([a, b], shift: shift, "\(n), \(left), \(right), \(area)") { e, x in
                let joined = e.concatenated(x[0], x[1])
                return [joined, e.channels(left..<left + right, of: joined), e.stacked([x[0], x[0]])]
            }
        }
    }

    @Test(arguments: [0, 1]) func rows(shift: Int) {
        let pair = DevicePair()
        for width in [1, 3, 8, 300, 768] {
            let ids = (0..<77).map { $0 * $0 % 13 + $0 % 2 }
            let (table, x) = (Samples.spread([15, width], 6), Samples.spread([77, width], 7))
            pair.compare([table, x, table], shift: shift, "rows of \(width)") { e, x in
                let picked = e.embedding(ids, table: x[0], shape: [77])
                e.accumulateEmbeddingGradient(x[1], ids: ids, into: x[0])
                // Some rows several times: the last one counts.
                e.scatter(x[1], to: ids, of: x[2])
                return [picked, x[0], x[2]]
            }
            pair.compare([table, x], shift: shift, "rows of \(width), each once") { e, x in
                e.scatter(x[1].slice(3..<7), to: [9, 0, 14, 2], of: x[0])
                e.scatter(x[1].slice(0..<0), to: [], of: x[0])
                return [x[0]]
            }
        }
    }

    @Test(arguments: [0, 1]) func transposition(shift: Int) {
        let pair = DevicePair()
        for shape in [[1, 1, 1], [2, 3, 70], [1, 65, 31], [5, 32, 64], [3, 40, 33]] {
            pair.compare([Samples.spread(shape, 8)], shift: shift, "\(shape)") { e, x in [e.transposed(x[0])] }
        }
    }

    @Test(arguments: [0, 1]) func paddingAndInterleaving(shift: Int) {
        let pair = DevicePair()
        // What lies in the padding, rows that are cut off above and below, columns cut off to the right.
        for (height, width, top, left) in [(7, 9, 1, 1), (5, 7, 0, 0), (3, 6, -2, 0), (9, 4, 3, 2), (1, 1, -4, 0)] {
            let (x, y) = (Samples.spread([2, 3, 5, 7], 9), Samples.spread([2, 3, height, width], 16))
            pair.compare([x, y], shift: shift, "\(height), \(width), \(top), \(left)") { e, x in
                e.device.run(.pad(x[0], top: top, left: left, to: x[1]))
                return [x[1]]
            }
        }
        for (stride, row, column) in [(1, 0, 0), (2, 1, 0), (3, 2, 1)] {
            let whole = Samples.spread([2, 3, 4 * stride + row, 5 * stride + column], 10)
            pair.compare([Samples.spread([2, 3, 4, 5], 11), whole], shift: shift, "\(stride), \(row), \(column)") {
                e, x in
                e.device.run(.interleave(x[0], row: row, column: column, stride: stride, to: x[1]))
                return [x[1]]
            }
        }
    }

    @Test(arguments: [0, 1]) func patchesOfPictures(shift: Int) {
        let pair = DevicePair()
        for (shape, edge) in [([2, 3, 8, 12], 4), ([1, 3, 15, 10], 7), ([2, 1, 3, 3], 1), ([1, 2, 4, 4], 5)] {
            let x = Samples.spread(shape, 12)
            pair.compare([x], shift: shift, "\(shape), \(edge)") { e, x in
                let patches = e.patches(of: x[0], edge: edge)
                return [patches, e.assembled(patches, edge: edge, shape: shape)]
            }
        }
    }

    @Test(arguments: [0, 1]) func upsamplingBothWays(shift: Int) {
        let pair = DevicePair()
        for (height, width, toHeight, toWidth) in [
            (1, 1, 2, 2), (4, 6, 8, 12), (5, 7, 9, 13), (6, 5, 4, 3), (3, 4, 3, 4),
        ] {
            let (x, dy) = (
                Samples.spread([2, 3, height, width], 13), Samples.spread([2, 3, toHeight, toWidth], 14)
            )
            pair.compare([x, dy], shift: shift, "\(height) × \(width) to \(toHeight) × \(toWidth)") { e, x in
                [
                    e.upsampledNearest(x[0], height: toHeight, width: toWidth),
                    e.upsampledNearestBackward(x[1], inputShape: [2, 3, height, width]),
                ]
            }
        }
        // Nothing but −0 goes to +0, as the sum begins there.
        pair.compare([Tensor([Float](repeating: -0, count: 16), shape: [1, 1, 4, 4])], shift: shift, "zeros") { e, x in
            [e.upsampledNearestBackward(x[0], inputShape: [1, 1, 2, 2])]
        }
    }

    /// Indices are divided by multiplication; beyond 2³¹ they are divided.
    @Test func quotientsAreExact() {
        let most = 1 << 31
        var samples = Samples(15)
        let random = (0..<200).map { _ in Int(samples.word() >> 33) + 1 }
        for divisor in [1, 2, 3, 5, 7, 641, 65_535, 65_537, most - 1, most, most + 1, 1 << 40] + random {
            let d = cu_divisor(divisor)
            for n in [0, 1, divisor - 1, divisor, divisor + 1, 2 * divisor - 1, most - 1] + random where n < most {
                #expect((n * Int(d.multiplier)) >> Int(d.shift) == n / divisor, "\(n) / \(divisor)")
            }
        }
    }
}
