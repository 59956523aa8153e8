import Compute
import Testing

@testable import Compute
@testable import Training

/// AdamW against the same formulas in plain Swift, in Float with the contract's rounding and in Double.
@Suite struct AdamWTests {
    static let count = 1000

    private struct Scalars<Number: BinaryFloatingPoint> {
        var parameter: [Number]
        var first: [Number]
        var second: [Number]

        init(_ parameter: [Float]) {
            self.parameter = parameter.map { Number($0) }
            first = parameter.map { _ in 0 }
            second = first
        }

        mutating func update(_ gradient: [Float], k: Int, lr: Double, _ s: AdamW.Settings) {
            var (power1, power2) = (1.0, 1.0)
            for _ in 0..<k { (power1, power2) = (power1 * s.beta1, power2 * s.beta2) }
            let (decay, rest1, beta2, rest2) = (
                Number(1 - lr * s.weightDecay), Number(1 - s.beta1), Number(s.beta2), Number(1 - s.beta2)
            )
            let (root, eps, step) = (Number((1 - power2).squareRoot()), Number(s.eps), Number(lr / (1 - power1)))
            for index in parameter.indices {
                let g = Number(gradient[index])
                first[index] = first[index] + (g - first[index]) * rest1
                second[index] = second[index] * beta2 + (rest2 * g) * g
                let denominator = second[index].squareRoot() / root + eps
                parameter[index] = parameter[index] * decay - step * (first[index] / denominator)
            }
        }
    }

    private func gradient(_ k: Int) -> [Float] {
        RandomStream(seed: 5, .noise, step: k).normals(shape: [Self.count]).floats.map { $0 * 0.01 }
    }

    @Test(arguments: [
        AdamW.Settings(), AdamW.Settings(beta1: 0.5, beta2: 0.9, eps: 1e-3, weightDecay: 0.1),
        AdamW.Settings(beta1: 0, beta2: 0, eps: 1e-8, weightDecay: 0),
    ])
    func twentyUpdatesFollowTheFormula(settings: AdamW.Settings) {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let start = RandomStream(seed: 6, .initialization, step: 0).normals(shape: [Self.count])
        let parameter = Parameter(name: "w", value: start.copy())
        parameter.isTrainable = true
        let optimizer = AdamW(settings, parameters: [("w", parameter)])
        var (single, double) = (Scalars<Float>(start.floats), Scalars<Double>(start.floats))
        for k in 1...20 {
            let gradient = gradient(k)
            parameter.gradientSum(on: engine)?.hostValues.baseAddress!.update(from: gradient, count: Self.count)
            optimizer.update([parameter], lr: 1e-3, engine: engine)
            #expect(parameter.gradient == nil)
            single.update(gradient, k: k, lr: 1e-3, settings)
            double.update(gradient, k: k, lr: 1e-3, settings)
        }
        #expect(optimizer.updates == 20)
        let found = parameter.value.floats
        #expect(zip(found, double.parameter).allSatisfy { abs(Double($0) - $1) <= 4e-6 * max(1, abs($1)) })
        #expect(zip(found, single.parameter).allSatisfy { abs($0 - $1) <= 4 * $1.ulp })
        let (first, second) = (optimizer.moments[0].first.floats, optimizer.moments[0].second.floats)
        #expect(zip(first, double.first).allSatisfy { abs(Double($0) - $1) <= 1e-8 })
        #expect(zip(second, double.second).allSatisfy { abs(Double($0) - $1) <= 4e-6 * $1 })
        #expect(found != start.floats)
    }

    /// Moments come with the first update, of zeros where a parameter has no gradient.
    @Test func momentsAreMadeByTheFirstUpdate() {
        let engine = Engine()
        defer { engine.stop() }
        let parameters = ["a", "b"].map { Parameter(name: $0, value: Tensor([1, 2], shape: [2])) }
        parameters[1].isTrainable = true
        parameters[1].gradientSum(on: engine)?.hostValues[0] = 3
        let optimizer = AdamW(AdamW.Settings(), parameters: parameters.map { ($0.name, $0) })
        #expect(optimizer.moments.isEmpty)
        optimizer.update(parameters, lr: 0.1, engine: engine)
        #expect(optimizer.moments.map(\.name) == ["a", "b"])
        #expect(optimizer.moments[0].first.floats == [0, 0] && optimizer.moments[0].second.floats == [0, 0])
        #expect(optimizer.moments[1].first.floats[0] > 0 && optimizer.moments[1].second.floats[0] > 0)
    }

    @Test func parametersWithoutGradientStay() {
        let engine = Engine()
        defer { engine.stop() }
        let parameter = Parameter(name: "w", value: Tensor([1, 2], shape: [2]))
        let optimizer = AdamW(AdamW.Settings(), parameters: [("w", parameter)])
        optimizer.update([parameter], lr: 0.1, engine: engine)
        #expect(parameter.value.floats == [1, 2])
    }

    /// Against torch.nn.utils.clip_grad_norm_'s definition.
    @Test func clippingScalesByTheGlobalNorm() {
        let engine = Engine()
        defer { engine.stop() }
        let parameters = [3, 4].map { value -> Parameter in
            let parameter = Parameter(name: "\(value)", value: Tensor([0, 0], shape: [2]))
            parameter.isTrainable = true
            parameter.gradientSum(on: engine)?.hostValues[1] = Float(value)
            return parameter
        }
        let norm = GradientClipping.norm(parameters, engine: engine)
        #expect(norm == 5)
        #expect(GradientClipping.clip(parameters, norm: norm, limit: 10, engine: engine) == 1)
        #expect(parameters[1].gradient?.floats == [0, 4])
        let factor = GradientClipping.clip(parameters, norm: norm, limit: 1, engine: engine)
        #expect(factor == 1 / (5 + 1e-6 as Float))
        #expect(parameters[0].gradient?.floats == [0, 3 * factor])
    }
}
