import Compute
import Testing

/// Rule 4 against scalar loops.
@Suite struct ReductionTests {
    static let counts = [1, 2, 15, 16, 17, 31, 255, 4095, 4096, 4097, 8192, 12_305]

    @Test(arguments: counts) func sums(count: Int) {
        let x = Samples.spread([count], 61)
        let values = x.floats
        for engine in engines() {
            #expect(engine.sum(x).bitPattern == Reference.sum(count) { values[$0] }.bitPattern)
            #expect(
                engine.sumOfSquares(x).bitPattern == Reference.sum(count) { values[$0] * values[$0] }.bitPattern)
        }
    }

    @Test func meanSquaredDistances() {
        let (x, y) = (Samples.spread([3, 2, 4103], 62), Samples.spread([3, 2, 4103], 63))
        let (xv, yv, size) = (x.floats, y.floats, 2 * 4103)
        let expected = (0..<3).map { sample in
            Reference.sum(size) {
                let difference = xv[sample * size + $0] - yv[sample * size + $0]
                return difference * difference
            } / Float(size)
        }
        for engine in engines() { #expect(engine.meanSquaredDistances(x, y) == expected) }
    }

    @Test func planeSums() {
        let x = Samples.spread([3, 5, 7, 9], 64)
        let values = x.floats
        let expected = (0..<15).map { plane in Reference.sum(63) { values[plane * 63 + $0] } }
        for engine in engines() { expectBits(engine.planeSums(x), expected, "\(engine.isa)") }
    }

    /// Sums of nothing but −0 give +0: lanes start there.
    @Test func signedZeros() {
        for engine in engines() {
            #expect(engine.sum(Tensor([Float](repeating: -0.0, count: 21), shape: [21])).bitPattern == 0)
        }
    }

    @Test(arguments: [0, 255, 256, 700, 1000]) func firstNonFinite(at place: Int) {
        for (value, later) in [(Float.nan, Float.infinity), (-Float.infinity, Float.nan)] {
            var values = [Float](repeating: Float.greatestFiniteMagnitude, count: 1001)
            for engine in engines() { #expect(engine.firstNonFinite(Tensor(values, shape: [1001])) == nil) }
            values[1000] = later
            values[place] = value
            for engine in engines() { #expect(engine.firstNonFinite(Tensor(values, shape: [1001]))?.index == place) }
        }
    }
}
