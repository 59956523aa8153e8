import Foundation
import Testing

@testable import Preferences

@Suite struct ContrastiveLossTests {
    private static let logits: [Float] = [2, -1, 0.5, 0, 3, 1, -2, 0.25, 1.5]

    /// The mean of both cross entropies, in double.
    private static func formula(_ logits: [Double]) -> Double {
        var sum = 0.0
        for own in 0..<3 {
            let row = (0..<3).map { logits[3 * own + $0] }, column = (0..<3).map { logits[3 * $0 + own] }
            for line in [row, column] { sum += log(line.reduce(0) { $0 + exp($1) }) - logits[3 * own + own] }
        }
        return sum / 6
    }

    @Test func followsItsFormula() {
        let found = ContrastiveLoss(logits: Self.logits, count: 3)
        let values = Self.logits.map(Double.init)
        #expect(abs(Double(found.value) - Self.formula(values)) < 1e-7)
        for place in values.indices {
            var (above, below) = (values, values)
            above[place] += 1e-5
            below[place] -= 1e-5
            let slope = (Self.formula(above) - Self.formula(below)) / 2e-5
            #expect(abs(Double(found.slopes[place]) - slope) < 1e-7, "\(place)")
        }
    }

    /// One pair finds itself; logits that would overflow do not.
    @Test func edges() {
        let one = ContrastiveLoss(logits: [7], count: 1)
        #expect(one.value == 0 && one.slopes == [0])
        let far = ContrastiveLoss(logits: [3000, -3000, -3000, 3000], count: 2)
        #expect(far.value == 0 && far.slopes.allSatisfy { $0 == 0 })
    }
}
