import Compute
import Testing

/// Optimiser updates against scalar loops.
@Suite struct UpdateTests {
    @Test func adamW() {
        let count = 1037
        let constants = AdamWConstants(
            decay: 0.9999, oneMinusBeta1: 0.1, beta2: 0.999, oneMinusBeta2: 0.001, rootCorrection2: 0.0316, eps: 1e-8,
            step: 0.001)
        var samples = Samples(93)
        let (p, m, g) = (Samples.spread([count], 91), Samples.spread([count], 92), Samples.spread([count], 94))
        let v = Tensor((0..<count).map { _ in abs(samples.spreadValue()) }, shape: [count])
        var (weights, first, second) = (p.floats, m.floats, v.floats)
        for (index, gradient) in g.floats.enumerated() {
            weights[index] = weights[index] * constants.decay
            first[index] = first[index] + (gradient - first[index]) * constants.oneMinusBeta1
            second[index] = second[index] * constants.beta2 + constants.oneMinusBeta2 * (gradient * gradient)
            let root = second[index].squareRoot() / constants.rootCorrection2
            weights[index] = weights[index] - constants.step * (first[index] / (root + constants.eps))
        }
        for engine in engines() {
            let (parameter, m1, m2) = (p.copy(), m.copy(), v.copy())
            engine.adamWInPlace(parameter: parameter, firstMoment: m1, secondMoment: m2, gradient: g, constants)
            expectBits(m1, first, "\(engine.isa) first moment")
            expectBits(m2, second, "\(engine.isa) second moment")
            expectBits(parameter, weights, "\(engine.isa) weights")
        }
    }

    @Test(arguments: [false, true]) func gradientDescent(hasMomentum: Bool) {
        let count = 40_003
        let (momentum, weightDecay, rate): (Float, Float, Float) = (0.9, hasMomentum ? 0.01 : 0, 3e-3)
        let (p, s, g) = (Samples.spread([count], 97), Samples.spread([count], 98), Samples.spread([count], 99))
        var (weights, sums) = (p.floats, s.floats)
        for (index, gradient) in g.floats.enumerated() {
            var direction = weightDecay == 0 ? gradient : gradient + weights[index] * weightDecay
            if hasMomentum {
                sums[index] = sums[index] * momentum + direction
                direction = sums[index]
            }
            weights[index] = weights[index] - direction * rate
        }
        for engine in engines(workers: [1, 3]) {
            let (parameter, sum) = (p.copy(), s.copy())
            engine.gradientDescentInPlace(
                parameter: parameter, sum: hasMomentum ? sum : nil, gradient: g, momentum: momentum,
                weightDecay: weightDecay, rate: rate)
            engine.stop()
            expectBits(sum, sums, "\(engine.isa) sums")
            expectBits(parameter, weights, "\(engine.isa) weights")
        }
    }

    @Test func movingAverage() {
        let (average, p) = (Samples.spread([517], 95), Samples.spread([517], 96))
        let decay: Float = 0.9995
        let expected = zip(average.floats, p.floats).map { $0 * decay + $1 * (1 - decay) }
        for engine in engines() {
            let found = average.copy()
            engine.movingAverageInPlace(found, parameter: p, decay: decay)
            expectBits(found, expected, "\(engine.isa)")
        }
    }
}
