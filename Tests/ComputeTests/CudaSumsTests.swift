import CCuda
import Testing

@testable import Compute

/// Kernels of sums against the reference, on sizes beyond those of the suites that run over all devices: each way of sharing
/// rows and columns among blocks of threads, and its edges.
@Suite struct CudaSumsTests {
    private let devices: DevicePair

    init() { devices = DevicePair() }

    /// The results of `operations`, each of which writes a tensor of `shape`.
    private static func run(_ engine: Engine, _ shape: [Int], _ operations: ((Tensor) -> Compute.Operation)...)
        -> [Tensor]
    {
        operations.map { operation in
            let result = engine.tensor(shape)
            engine.device.run(operation(result))
            return result
        }
    }

    @Test(arguments: [0, 1, 4096, 4097, 65_537, 300_001]) func wholeTensors(count: Int) {
        for shift in [0, 1] {
            devices.compare([Samples.spread([count], 61)], shift: shift, "\(count)") { engine, x in
                CudaSumsTests.run(engine, [], { .sum(x[0], to: $0) }, { .sumOfSquares(x[0], to: $0) })
            }
        }
    }

    /// Thread 0 adds while the others fetch: halves of shared memory change places many times.
    @Test(arguments: [1, 1023, 1024, 1025, 2048, 2049, 10_000]) func piecesInOrder(pieces: Int) {
        let kernels = EmulatedKernels()
        let partial = Samples.spread([2, pieces], 62).floats
        let sums = kernels.room(2)
        kernels.launch(
            "ordered_sums",
            cu_row_sums(
                x: nil, other: nil, partial: kernels.upload(partial), y: sums, rows: 2, width: 0,
                pieces: Int32(pieces), rows_each: 1, then: Int32(CU_SUM_DIVIDED), divisor: 3),
            blocks: (2, 1, 1), threads: 256, sharedBytes: CudaRows.orderedSharedBytes)
        let expected = (0..<2).map { row in
            partial[row * pieces + 1..<(row + 1) * pieces].reduce(partial[row * pieces], +) / 3
        }
        #expect(kernels.read(sums, 2) == expected)
    }

    /// Short rows share a block of threads, long ones are cut.
    @Test(arguments: [
        [1, 1, 1], [70, 3, 1], [9, 30, 16], [3, 43, 64], [2, 65, 63], [5, 7, 1000], [2, 3, 4096], [2, 3, 4097],
        [1, 2, 12_305],
    ])
    func rows(shape: [Int]) {
        let inputs = [Samples.spread(shape, 63), Samples.spread(shape, 64), Samples.spread([shape[1]], 65)]
        devices.compare(inputs, shift: 1, "\(shape)") { engine, inputs in
            let (x, y, sums) = (inputs[0], inputs[1], inputs[2])
            let planes = [shape[0], shape[1], 1, shape[2]]
            engine.device.run(.channelSums(x.reshaped(planes), into: sums))
            return [sums]
                + CudaSumsTests.run(engine, [shape[0], shape[1]], { .planeSums(x, to: $0) })
                + CudaSumsTests.run(engine, [shape[0]], { .meanSquaredDistances(x, y, to: $0) })
        }
    }

    @Test(arguments: [
        [1, 1, 1], [1, 255, 31], [1, 256, 32], [1, 257, 33], [2, 128, 5], [3, 130, 64], [2, 600, 70], [40, 1, 3],
        [1, 5000, 2],
    ])
    func columns(shape: [Int]) {
        let inputs = [Samples.spread(shape, 66), Samples.spread([shape[2]], 67)]
        devices.compare(inputs, shift: 3, "\(shape)") { engine, inputs in
            engine.device.run(.columnSums(inputs[0], into: inputs[1]))
            return [inputs[1]]
        }
    }

    @Test(arguments: [1, 2048, 2049, 300_000]) func firstNonFinite(count: Int) {
        var values = [Float](repeating: -.greatestFiniteMagnitude, count: count)
        func found() -> Int? {
            let x = devices.cuda.tensor([count])
            values.withUnsafeBytes { devices.device.write($0, to: x.storage, at: 0) }
            let place = devices.cuda.tensor([1], .i64)
            devices.device.run(.firstNonFinite(x, to: place))
            return place.integers[0] == 0 ? nil : place.integers[0] - 1
        }
        #expect(found() == nil)
        for place in [count - 1, count / 2, 0] {
            // The later ones stay.
            values[place] = place % 2 == 0 ? .nan : .infinity
            #expect(found() == place)
        }
    }

    @Test(arguments: [1, 63, 64, 65, 770]) func cosines(width: Int) {
        let (a, b) = (Samples.spread([3, width], 68), Samples.spread([4, width], 69))
        let pairs = [CosinePair(0, 3), CosinePair(2, 1), CosinePair(2, 0), CosinePair(0, 0)]
        let similarities = devices.reference.cosines(a, b, pairs)
        let pulls = pairs.indices.map { CosinePull(pairs[$0], similarities[$0], slope: Float($0) - 1.3) }
        devices.compare([a, b], shift: 1, "\(width)") { engine, x in [engine.cosineGradient(of: x[0], and: x[1], pulls)]
        }
        let (x, y) = (devices.cuda.tensor(a.shape), devices.cuda.tensor(b.shape))
        devices.device.write(a.bytes, to: x.storage, at: 0)
        devices.device.write(b.bytes, to: y.storage, at: 0)
        for (one, other) in zip(devices.cuda.cosines(x, y, pairs), similarities) {
            #expect(one.cosine == other.cosine && one.lengths == other.lengths)
        }
    }
}
