import Comparison
import Testing

@Suite struct UnitsInLastPlaceTests {
    private func distance(_ a: Float, _ b: Float) -> UInt64 { UnitsInLastPlace.distance(a.bitPattern, b.bitPattern) }
    private func distance(_ a: Double, _ b: Double) -> UInt64 { UnitsInLastPlace.distance(a.bitPattern, b.bitPattern) }

    /// Counted by walking from one number to the other.
    @Test(arguments: [(Float(1), 5), (-1, 5), (0, 3), (-Float.leastNonzeroMagnitude, 4), (0.999_999_9, 7), (3.4e38, 9)])
    func countsTheStepsBetween(start: Float, steps: Int) {
        var end = start
        var crossings: UInt64 = 0
        for _ in 0..<steps {
            let next = end.nextUp
            // The walk steps from the least negative number to −0; the next one is the least positive.
            if end < 0, next == 0 { crossings = 1 }
            end = next
        }
        let expected = UInt64(steps) + (crossings == 1 && end > 0 ? 1 : 0)
        #expect(distance(start, end) == expected)
        #expect(distance(end, start) == expected)
        #expect(distance(-start, -end) == expected || start == 0)
    }

    @Test func specialValues() {
        #expect(distance(Float(1), 1) == 0)
        #expect(distance(Float(0), -0.0) == 1)
        #expect(distance(Float.greatestFiniteMagnitude, .infinity) == 1)
        #expect(distance(Float.nan, .nan) == 0)
        #expect(distance(Float.nan, 1) == .max)
        #expect(distance(Float.infinity, -.infinity) == 2 * 0x7F80_0000 + 1)
        #expect(distance(1.0, 1.0.nextUp) == 1)
        #expect(distance(0.0, -0.0) == 1)
        #expect(distance(-2.0, 2.0) == 0x8000_0000_0000_0001)
        #expect(distance(Double.nan, 1) == .max)
        #expect(distance(Double.infinity, -.infinity) == 0xFFE0_0000_0000_0001)
    }
}
