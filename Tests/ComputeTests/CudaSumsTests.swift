import CudaEmulator
import Testing

@testable import Compute

/// Kernels of sums, norms and updates on the emulated device against the reference, on sizes beyond those of the suites that
/// run over all devices: each way of sharing work among blocks, its edges, and operands that are not aligned.
@Suite struct CudaSumsTests {
    private let reference = Engine()
    private let cuda: Engine

    init() throws {
        let driver = try CudaDriver(cuda_emulator()!.pointee, path: "emulator")
        cuda = Engine(device: try CudaDevice(driver, keepsBlocks: false))
    }

    /// A copy in the device's memory, `shift` elements behind an aligned address.
    private func there(_ x: Tensor, shift: Int = 0) -> Tensor {
        let room = cuda.tensor([x.count + shift])
        cuda.device.write(x.bytes, to: room.storage, at: shift * 4)
        return Tensor(shape: x.shape, dtype: .f32, storage: room.storage, offset: shift * 4)
    }

    private func same(_ found: Float, _ expected: Float) -> Bool { found.bitPattern == expected.bitPattern }

    @Test(arguments: [0, 1, 4096, 4097, 65_537, 1025 * 4096 + 5, 2049 * 4096])
    func sumsOfManyPieces(count: Int) {
        let x = Samples.spread([count], 61)
        for shift in [0, 1] {
            #expect(same(cuda.sum(there(x, shift: shift)), reference.sum(x)))
            #expect(same(cuda.sumOfSquares(there(x, shift: shift)), reference.sumOfSquares(x)))
        }
    }

    /// Rows of one piece share a block of threads, long ones are cut.
    @Test(arguments: [
        [1, 1, 1], [70, 3, 1], [9, 30, 16], [3, 43, 64], [2, 65, 63], [5, 7, 1000], [2, 3, 4096], [2, 3, 4097],
        [1, 2, 12_305],
    ])
    func rows(shape: [Int]) {
        let (x, y) = (Samples.spread(shape, 62), Samples.spread(shape, 63))
        let (a, b) = (there(x, shift: 1), there(y))
        expectBits(cuda.planeSums(a), reference.planeSums(x).floats, "\(shape)")
        let distances = zip(cuda.meanSquaredDistances(a, b), reference.meanSquaredDistances(x, y))
        #expect(distances.allSatisfy { same($0, $1) })
        let image = [shape[0], shape[1], 1, shape[2]]
        let sums = Samples.spread([shape[1]], 64)
        let found = there(sums)
        cuda.device.run(.channelSums(a.reshaped(image), into: found))
        reference.device.run(.channelSums(x.reshaped(image), into: sums))
        expectBits(found, sums.floats, "\(shape)")
    }

    @Test(arguments: [
        [1, 1, 1], [1, 255, 31], [1, 256, 32], [1, 257, 33], [2, 128, 5], [3, 130, 64], [2, 600, 70], [40, 1, 3],
        [1, 5000, 2],
    ])
    func columns(shape: [Int]) {
        let (x, sums) = (Samples.spread(shape, 65), Samples.spread([shape[2]], 66))
        let found = there(sums)
        cuda.device.run(.columnSums(there(x, shift: 3), into: found))
        reference.device.run(.columnSums(x, into: sums))
        expectBits(found, sums.floats, "\(shape)")
    }

    @Test(arguments: [1, 2048, 2049, 70_000, 3_000_000]) func firstNonFinite(count: Int) {
        var values = [Float](repeating: -.greatestFiniteMagnitude, count: count)
        #expect(cuda.firstNonFinite(there(Tensor(values, shape: [count]))) == nil)
        for place in [count - 1, count / 2, 0] {
            // The later ones stay.
            values[place] = place % 2 == 0 ? .nan : .infinity
            #expect(cuda.firstNonFinite(there(Tensor(values, shape: [count])))?.index == place)
        }
    }

    @Test(arguments: [1, 63, 64, 65, 770]) func cosines(width: Int) {
        let (a, b) = (Samples.spread([3, width], 67), Samples.spread([4, width], 68))
        let pairs = [CosinePair(0, 3), CosinePair(2, 1), CosinePair(2, 0), CosinePair(0, 0)]
        let (x, y) = (there(a, shift: 1), there(b))
        let (found, expected) = (cuda.cosines(x, y, pairs), reference.cosines(a, b, pairs))
        for (one, other) in zip(found, expected) {
            #expect(one.cosine == other.cosine && one.lengths == other.lengths)
        }
        let pulls = pairs.indices.map { CosinePull(pairs[$0], expected[$0], slope: Float($0) - 1.3) }
        expectBits(cuda.cosineGradient(of: x, and: y, pulls), reference.cosineGradient(of: a, and: b, pulls).floats, "")
    }

    // MARK: Norms

    private static let groups: [(shape: [Int], groups: Int)] = [
        ([1, 1, 1, 1], 1), ([2, 6, 3, 5], 3), ([3, 130, 1, 1], 2), ([1, 96, 8, 8], 3), ([2, 4, 64, 64], 2),
        // Too large for shared memory: channels shorter than, as long as and longer than a block of a sum.
        ([2, 24, 33, 41], 1), ([1, 16, 64, 64], 2), ([2, 6, 100, 90], 2), ([1, 2, 4, 13_000], 1), ([1, 700, 6, 6], 1),
    ]

    @Test(arguments: CudaSumsTests.groups.indices, [false, true]) func groupNorm(place: Int, silu: Bool) {
        let (shape, groups) = CudaSumsTests.groups[place]
        let channels = [shape[1]]
        let (x, dy) = (Samples.spread(shape, 69), Samples.spread(shape, 70))
        let (w, b) = (Samples.spread(channels, 71), Samples.spread(channels, 72))
        let (dw, db) = (Samples.spread(channels, 73), Samples.spread(channels, 74))
        let (xs, dys, ws, bs) = (there(x, shift: 1), there(dy), there(w), there(b))
        let expected = reference.groupNorm(x, groups: groups, weight: w, bias: b, eps: 1e-5, silu: silu)
        let found = cuda.groupNorm(xs, groups: groups, weight: ws, bias: bs, eps: 1e-5, silu: silu)
        expectBits(found.statistics, expected.statistics.floats, "statistics of \(shape)")
        expectBits(found.y, expected.y.floats, "y of \(shape)")
        for asks in [(true, true), (true, false), (false, true)] {
            let sums = [there(dw), there(db), dw.copy(), db.copy()]
            let gradient = cuda.groupNormBackward(
                dys, x: xs, groups: groups, weight: ws, bias: bs, statistics: found.statistics,
                dweight: asks.0 ? sums[0] : nil, dbias: asks.1 ? sums[1] : nil, silu: silu)
            let right = reference.groupNormBackward(
                dy, x: x, groups: groups, weight: w, bias: b, statistics: expected.statistics,
                dweight: asks.0 ? sums[2] : nil, dbias: asks.1 ? sums[3] : nil, silu: silu)
            expectBits(gradient, right.floats, "dx of \(shape)")
            expectBits(sums[0], sums[2].floats, "dw of \(shape)")
            expectBits(sums[1], sums[3].floats, "db of \(shape)")
        }
        cuda.groupNormInPlace(xs, groups: groups, weight: ws, bias: bs, eps: 1e-5, silu: silu)
        expectBits(xs, expected.y.floats, "\(shape) in place")
    }

    @Test(arguments: [
        [1, 1, 1], [2, 9, 17], [1, 300, 32], [2, 257, 320], [3, 5, 129], [1, 7, 4096], [1, 3, 8200],
    ])
    func layerNorm(shape: [Int]) {
        let width = [shape[2]]
        let (x, dy) = (Samples.spread(shape, 75), Samples.spread(shape, 76))
        let (w, b) = (Samples.spread(width, 77), Samples.spread(width, 78))
        let (dw, db) = (Samples.spread(width, 79), Samples.spread(width, 80))
        let (xs, dys, ws, bs) = (there(x, shift: 1), there(dy), there(w), there(b))
        let expected = reference.layerNorm(x, weight: w, bias: b, eps: 1e-5)
        let found = cuda.layerNorm(xs, weight: ws, bias: bs, eps: 1e-5)
        expectBits(found.statistics, expected.statistics.floats, "statistics of \(shape)")
        expectBits(found.y, expected.y.floats, "y of \(shape)")
        for asks in [(true, true), (true, false), (false, true), (false, false)] {
            let sums = [there(dw), there(db), dw.copy(), db.copy()]
            let gradient = cuda.layerNormBackward(
                dys, x: xs, weight: ws, statistics: found.statistics, dweight: asks.0 ? sums[0] : nil,
                dbias: asks.1 ? sums[1] : nil)
            let right = reference.layerNormBackward(
                dy, x: x, weight: w, statistics: expected.statistics, dweight: asks.0 ? sums[2] : nil,
                dbias: asks.1 ? sums[3] : nil)
            expectBits(gradient, right.floats, "dx of \(shape)")
            expectBits(sums[0], sums[2].floats, "dw of \(shape)")
            expectBits(sums[1], sums[3].floats, "db of \(shape)")
        }
    }
}
