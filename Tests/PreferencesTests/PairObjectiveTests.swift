import Foundation
import Preferences
import Testing

/// DPO in its forms, DDIM-InPO and MaPO against their formulas in Double, and their gradients against finite differences
/// of those.
@Suite struct PairObjectiveTests {
    private static let errors: [(model: [Float], reference: [Float])] = [
        ([0.30, 0.35], [0.31, 0.33]), ([0.9, 0.1], [0.5, 0.5]), ([0.1, 0.9], [0.5, 0.5]), ([0.5, 0.5], [0.5, 0.5]),
        ([1.3660501, 1.3737563], [1.3655235, 1.3739763]),
    ]

    private static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

    /// Value and both slopes of `objective`, held against `formula` of the winner's and the loser's error.
    private func expect(
        _ objective: any Preferences.Objective, _ errors: (model: [Float], reference: [Float]), scale: Double,
        location: SourceLocation = #_sourceLocation, _ formula: (Double, Double) -> Double
    ) {
        // W is that of smoothed labels; to objectives without them it means nothing.
        let found = objective.loss(ItemErrors(model: errors.model, reference: errors.reference, weight: 3))
        let (w, l) = (Double(errors.model[0]), Double(errors.model[1]))
        let expected = formula(w, l)
        // The logit is rounded to Float: one part in 10⁷ of its size, `scale` at most.
        #expect(abs(Double(found.value) - expected) <= 1e-6 * (1 + scale), "\(errors)", sourceLocation: location)
        let slopes = [
            FiniteDifference.slope(at: w) { formula($0, l) }, FiniteDifference.slope(at: l) { formula(w, $0) },
        ]
        for (own, slope) in zip(found.gradient, slopes) {
            #expect(abs(Double(own) - slope) <= 1e-3 * max(1, scale), "\(errors) \(slope)", sourceLocation: location)
        }
    }

    @Test(arguments: DPO.Form.allCases, [Float(20), 5])
    func dpoFollowsItsFormula(form: DPO.Form, beta: Float) {
        for errors in Self.errors {
            let (r, b) = (Double(errors.reference[0] - errors.reference[1]), Double(beta))
            expect(DPO(beta: beta, form: form), errors, scale: 3 * b) { w, l in
                let difference = (w - l) - r
                switch form {
                case .sigmoid: return Self.softplus(3 * b / 2 * difference)
                case .hinge: return max(0, 1 + b / 2 * difference)
                case .ipo: return pow(-difference - 1 / b, 2)
                }
            }
        }
    }

    /// Beyond the hinge there is neither loss nor pull.
    @Test func aSurePairLeavesTheHinge() {
        let found = DPO(beta: 2000, form: .hinge).loss(
            ItemErrors(model: [0.1, 0.9], reference: [0.5, 0.5], weight: 1))
        #expect(found.value == 0 && found.gradient == [0, 0])
        #expect(abs((found.logit ?? 0) - 800) < 0.01)
    }

    /// What tells them from SmPO is the noise and the label, not the comparison.
    @Test(arguments: [Float(1), 0.3, -2]) func inpoAndDPOAreSmPOWithTheSameWeight(weight: Float) {
        for errors in Self.errors {
            let item = ItemErrors(model: errors.model, reference: errors.reference, weight: weight)
            let smpo = SmPO(beta: 2000, elements: 768).loss(item)
            #expect(InPO(beta: 2000).loss(item) == smpo)
            #expect(DPO(beta: 2000).loss(item) == smpo)
        }
        #expect(InPO(beta: 1).noising == .inversion && DPO(beta: 1).noising == .forward)
    }

    @Test(arguments: [(Float(0.1), Float(10), Float(0.5)), (1, 1000, 0.5), (0.1, 3, 20)])
    func mapoFollowsItsFormula(beta: Float, temperature: Float, snr: Float) {
        func odds(_ error: Double) -> Double { Double(snr) * error / (exp(Double(snr) * error) - 1) }
        for errors in Self.errors {
            let objective = MaPO(beta: beta, temperature: temperature, snr: snr)
            #expect(!objective.usesReference)
            expect(objective, (errors.model, []), scale: Double(beta * temperature)) { w, l in
                w + Double(beta) * Self.softplus(-Double(temperature) * (odds(w) - odds(l)))
            }
        }
    }

    /// φ(m) = s·m/(e^(s·m) − 1): 1 − s·m/2 near 0, where the quotient has no digits, and s·m·e^(−s·m) far out, where
    /// e^(s·m) overflows.
    @Test func oddsHoldAtBothEnds() {
        // With T = 1 and β = 1 the difference shows φ(m_w) − φ(m_l).
        func odds(_ error: Float, _ other: Float) -> ItemLoss {
            MaPO(beta: 1, temperature: 1, snr: 1).loss(ItemErrors(model: [error, other], reference: [], weight: 1))
        }
        let far = odds(2000, 0)
        #expect(far.difference == -1 && far.value.isFinite && far.gradient.allSatisfy(\.isFinite))
        // φ′(0) = −½ and σ(1) pulls the loser.
        #expect(abs(Double(far.gradient[1]) + 0.5 / (1 + exp(-1))) < 1e-6)
        for error: Float in [1e-9, 1e-4, 0.0099, 0.0101, 0.1] {
            let (x, found) = (Double(error), odds(error, 0))
            let expected = -x / 2 + x * x / 12 - pow(x, 4) / 720 + pow(x, 6) / 30240
            #expect(abs(Double(found.difference!) - expected) <= 1e-6 * x, "\(error)")
            // 1 − σ(−z)·φ′: the slope of the winner.
            let slope = 1 + (0.5 - x / 6 + pow(x, 3) / 180) / (1 + exp(expected))
            #expect(abs(Double(found.gradient[0]) - slope) <= 1e-6, "\(error)")
        }
    }
}
