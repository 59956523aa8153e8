import Foundation
import Preferences
import Testing

/// Losses and their gradients against the formulas in Double and against finite differences of those.
@Suite struct ObjectiveTests {
    private static let grid: [(model: [Float], reference: [Float], weight: Float)] = [
        ([0.30, 0.35], [0.31, 0.33], 1.5), ([0.9, 0.1], [0.5, 0.5], 4.6), ([0.1, 0.9], [0.5, 0.5], -3),
        ([0.5, 0.5], [0.5, 0.5], 2), ([0.2, 0.7], [0.2, 0.7], 0), ([1.01, 1.0], [1, 1], 0.01),
    ]

    private func reference(_ w: Double, _ l: Double, _ item: ([Float], [Float], Float), factor: Double) -> Double {
        let difference = (w - l) - (Double(item.1[0]) - Double(item.1[1]))
        let inside = -factor * Double(item.2) * difference
        return max(-inside, 0) + log1p(exp(-abs(inside)))
    }

    @Test(arguments: [(Float(20), ErrorScale.mean), (2000, .mean), (0.02, .sum)])
    func smpoFollowsItsFormula(beta: Float, scale: ErrorScale) {
        let elements = 768
        let objective = SmPO(beta: beta, scale: scale, elements: elements)
        let factor = scale == .mean ? Double(beta) / 2 : Double(beta) * Double(elements)
        for item in Self.grid {
            let found = objective.loss(
                ItemErrors(model: item.model, reference: item.reference, weight: item.weight))
            let (w, l) = (Double(item.model[0]), Double(item.model[1]))
            let expected = reference(w, l, item, factor: factor)
            // The logit is rounded to Float before the logarithm.
            let slack = 1e-6 * (1 + abs(factor * Double(item.weight)))
            #expect(abs(Double(found.value) - expected) <= slack)
            let h = 1e-6
            let slope = (
                (reference(w + h, l, item, factor: factor) - reference(w - h, l, item, factor: factor)) / (2 * h),
                (reference(w, l + h, item, factor: factor) - reference(w, l - h, item, factor: factor)) / (2 * h)
            )
            let tolerance = 1e-3 * max(1, abs(factor * Double(item.weight)))
            #expect(abs(Double(found.gradient[0]) - slope.0) <= tolerance, "β \(beta): \(found.gradient) \(slope)")
            #expect(abs(Double(found.gradient[1]) - slope.1) <= tolerance)
            #expect(found.gradient[0] == -found.gradient[1])
        }
    }

    @Test func equalModelsGiveLogTwo() {
        let item = ItemErrors(model: [0.3, 0.4], reference: [0.3, 0.4], weight: 3)
        let found = SmPO(beta: 2000, elements: 1).loss(item)
        #expect(found.value == 0.6931472)
        #expect(found.logit == 0)
        #expect(found.gradient == [1500, -1500])
        #expect(found.difference == 0)
    }

    /// The literal formula is larger by twice the number of elements.
    @Test func sumsAreMeansWithAnotherBeta() {
        let item = ItemErrors(model: [0.31, 0.30], reference: [0.3, 0.3], weight: 1)
        let sum = SmPO(beta: 1, scale: .sum, elements: 512).loss(item)
        let mean = SmPO(beta: 1024, scale: .mean, elements: 512).loss(item)
        #expect(sum == mean)
    }

    @Test(arguments: [Float(0), 1e-8, 0.5, 1, 20, 88, 104, 1e4, 3e38, .infinity])
    func logSigmoidNeverOverflows(z: Float) {
        let (positive, negative) = (LogSigmoid.negative(z), LogSigmoid.negative(-z))
        // 1 + e^(−z) is rounded to Double before the logarithm, so what is below its last place is lost.
        let expected = Float(log1p(exp(-Double(z))))
        #expect(abs(positive - expected) <= 1.2e-16 + expected.ulp)
        #expect(negative == Float(Double(z) + log1p(exp(-Double(z)))))
        #expect(positive >= 0)
    }

    @Test func fineTuningIsTheErrorItself() {
        let found = SupervisedFineTuning().loss(ItemErrors(model: [0.25], reference: [], weight: 1))
        #expect(found.value == 0.25 && found.gradient == [1])
        #expect(found.logit == nil && found.difference == nil)
    }
}
