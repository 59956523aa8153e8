import Foundation
import Preferences
import Testing

/// KTO's utilities and reference points against their formulas in Double, gradients against finite differences.
@Suite struct KTOTests {
    private static let items: [ItemErrors] = [
        ItemErrors(model: [0.30], reference: [0.31], weight: 1), ItemErrors(model: [0.9], reference: [0.4], weight: 1),
        ItemErrors(model: [0.1], reference: [0.5], weight: -1), ItemErrors(model: [0.5], reference: [0.5], weight: -1),
        ItemErrors(model: [1.2261348], reference: [1.2231456], weight: 1),
    ]

    private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    /// λ(1 − U) as the public code writes it: a = y·β(g − K), b = β(g − K).
    private static func formula(_ utility: KTOUtility, _ model: Double, _ item: ItemErrors, beta: Double) -> Double {
        let y = item.weight > 0 ? 1.0 : -1.0
        let b = beta * (Double(item.reference[0]) - model - Double(item.kl))
        let worth =
            switch utility {
            case .sigmoid: sigmoid(y * b)
            case .lossAverse: log(sigmoid(y * b))
            case .riskSeeking1: -y * log(sigmoid(-b))
            case .riskSeeking2: y * exp(b / 100) - 1
            case .riskSeeking3: -log(sigmoid(-y * b))
            }
        return (y > 0 ? 1.5 : 0.75) * (1 - worth)
    }

    @Test(arguments: KTOUtility.allCases, [Float(0), 0.02])
    func theLossFollowsItsFormula(utility: KTOUtility, kl: Float) {
        let beta: Float = 20
        let objective = KTO(beta: beta, utility: utility, lambda: (good: 1.5, bad: 0.75))
        for item in Self.items.map({ $0.against(kl: kl) }) {
            let (found, m) = (objective.loss(item), Double(item.model[0]))
            let expected = Self.formula(utility, m, item, beta: Double(beta))
            // All is in double and rounded once.
            #expect(abs(Double(found.value) - expected) <= 1e-6 * max(1, abs(expected)), "\(utility) \(item)")
            let slope = FiniteDifference.slope(at: m) { Self.formula(utility, $0, item, beta: Double(beta)) }
            #expect(found.gradient.count == 1)
            #expect(abs(Double(found.gradient[0]) - slope) <= 1e-5 * max(1, abs(slope)), "\(utility) \(item)")
            #expect(found.difference == item.model[0] - item.reference[0])
        }
    }

    /// Good pictures are pulled to lower errors, bad ones pushed to higher, whatever the utility.
    @Test(arguments: KTOUtility.allCases)
    func goodAndBadArePulledApart(utility: KTOUtility) {
        for item in Self.items {
            let gradient = KTO(beta: 20, utility: utility).loss(item).gradient[0]
            #expect(item.weight > 0 ? gradient > 0 : gradient < 0, "\(item)")
        }
    }

    /// Far from K, where e^z leaves the range of a Float or of a Double, the losses are numbers.
    @Test func sureJudgementsDoNotOverflow() {
        for (model, reference): (Float, Float) in [(0, 1), (1, 0)] {
            for weight: Float in [1, -1] {
                let item = ItemErrors(model: [model], reference: [reference], weight: weight)
                for utility in KTOUtility.allCases {
                    let found = KTO(beta: 5000, utility: utility).loss(item)
                    #expect(found.value.isFinite && found.gradient[0].isFinite, "\(utility) \(item)")
                }
            }
        }
    }

    @Test func theReferencePointIsAMeanOfLeads() {
        // g = r − m in the order of the items.
        let leads = Self.items.map { Double($0.reference[0]) - Double($0.model[0]) }
        let mean = leads.reduce(0, +) / 5
        #expect(mean < 0)
        #expect(KTO(beta: 1).kl(Self.items) == 0)
        #expect(KTO(beta: 1, kl: .mismatched).kl(Self.items) == Float(mean))
        let classes = ((leads[0] + leads[1] + leads[4]) / 3 + (leads[2] + leads[3]) / 2) / 2
        #expect(KTO(beta: 1, kl: .classes).kl(Self.items) == Float(classes))
        let better = Array(Self.items[2...3])
        #expect(KTO(beta: 1).kl(better) == Float((leads[2] + leads[3]) / 2))
        // A class without pictures counts as 0.
        #expect(KTO(beta: 1, kl: .classes).kl(better) == Float((leads[2] + leads[3]) / 4))
        #expect(KTO(beta: 1).klSource == .batch && KTO(beta: 1, kl: .classes).klSource == .batch)
        #expect(KTO(beta: 1, kl: .mismatched).klSource == .mismatched)
        #expect(InPO(beta: 1).klSource == KLSource.none && InPO(beta: 1).kl(Self.items) == 0)
    }
}
