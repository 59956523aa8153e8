import Core
import Testing

@testable import Compute

/// Operations that workers share have the same bits however they are cut: sizes around the borders of tasks and of blocks, on
/// one worker and on more than there are cores.
@Suite struct SharedOperationTests {
    private static let workers = [1, 2, 7]

    /// Rule 4 over tensors that several tasks add up.
    @Test(arguments: [65_535, 65_536, 65_537, 69_633, 131_072, 200_001]) func longSums(count: Int) {
        let x = Samples.spread([count], 71)
        let values = x.floats
        let expected = (
            Reference.sum(count) { values[$0] }.bitPattern, Reference.sum(count) { values[$0] * values[$0] }.bitPattern
        )
        for engine in TestedDevice.reference.engines(workers: SharedOperationTests.workers) {
            #expect(engine.sum(x).bitPattern == expected.0, "\(engine.isa)")
            #expect(engine.sumOfSquares(x).bitPattern == expected.1, "\(engine.isa)")
        }
    }

    /// The order of blocks: 2^60 takes up what comes before −2^60.
    @Test func blocksAreAddedInAscendingOrder() {
        let (block, count) = (Contract.ref1.block, 40 * Contract.ref1.block)
        var values = [Float](repeating: 0, count: count)
        (values[0], values[19 * block], values[20 * block], values[39 * block]) = (1, 0x1p60, -0x1p60, 3)
        for engine in TestedDevice.reference.engines(workers: SharedOperationTests.workers) {
            #expect(engine.sum(Tensor(values, shape: [count])) == 3)
        }
    }

    /// Of several the first is found, whichever task sees one first.
    @Test func theFirstThatIsNotFinite() {
        var values = [Float](repeating: 1, count: 300_000)
        let places = [299_999, 196_608, 131_071, 65_536, 65_535, 3]
        for place in places {
            values[place] = .nan
            for engine in TestedDevice.reference.engines(workers: SharedOperationTests.workers) {
                #expect(engine.firstNonFinite(Tensor(values, shape: [values.count]))?.index == place)
            }
        }
    }

    /// Copies in other arrangements, of sizes that end within a task.
    @Test(arguments: [[1, 1, 1], [2, 17, 1001], [1, 1001, 33], [3, 320, 257], [1, 40, 4099]])
    func transposes(shape: [Int]) {
        let x = Samples.spread(shape, 72)
        let (values, rows, columns) = (x.floats, shape[1], shape[2])
        let expected = (0..<x.count).map { place in
            let (image, column, row) = (place / (rows * columns), place % (rows * columns) / rows, place % rows)
            return values[image * rows * columns + row * columns + column]
        }
        for engine in TestedDevice.reference.engines(workers: SharedOperationTests.workers) {
            expectBits(engine.transposed(x), expected, "\(engine.isa)")
        }
    }

    /// Filling and copying leave nothing out.
    @Test(arguments: [1, 65_536, 65_537, 300_001]) func fillsAndCopies(count: Int) {
        let x = Samples.spread([count], 73)
        let values = x.floats
        for engine in TestedDevice.reference.engines(workers: SharedOperationTests.workers) {
            let y = engine.tensor([count])
            engine.device.run(.fill(y, 2.5))
            #expect(y.floats == [Float](repeating: 2.5, count: count))
            engine.device.run(.copy(engine.placed(x), to: y))
            expectBits(y, values, "\(engine.isa)")
        }
    }
}
