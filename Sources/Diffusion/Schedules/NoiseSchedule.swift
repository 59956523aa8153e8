import Compute
import Core

/// How much of the picture is left at each timestep: ā_t, the product of 1 − β.
///
/// The tables are diffusers' to the bit: β in Float32 by linspace, ā as a product in double rounded at each step.
package struct NoiseSchedule: Sendable, Equatable {
    /// β_t for t = 0 … T − 1.
    package let betas: [Float]
    /// ā_t for t = 0 … T − 1.
    package let alphasCumprod: [Float]
    /// What the model predicts.
    package let prediction: SchedulerConfig.PredictionType
    /// ā before timestep 0: ā₀, or 1 with `set_alpha_to_one`.
    package let alphaBeforeFirst: Float

    /// The schedule of a `scheduler_config.json`.
    package init(_ config: SchedulerConfig) {
        let count = config.numTrainTimesteps
        var betas: [Float]
        switch config.betaSchedule {
        case .linear: betas = NoiseSchedule.linspace(Float(config.betaStart), Float(config.betaEnd), count)
        case .scaledLinear:
            betas = NoiseSchedule.linspace(
                Float(config.betaStart.squareRoot()), Float(config.betaEnd.squareRoot()), count
            ).map { $0 * $0 }
        case .squaredCosine:
            func level(_ step: Int) -> Double {
                let x = Elementary.cos((Double(step) / Double(count) + 0.008) / 1.008 * Double.pi / 2)
                return x * x
            }
            betas = (0..<count).map { Float(min(1 - level($0 + 1) / level($0), 0.999)) }
        }
        if config.rescaleBetasZeroSNR { betas = NoiseSchedule.rescaledToZeroSNR(betas) }
        self.init(betas: betas, prediction: config.predictionType, setAlphaToOne: config.setAlphaToOne)
    }

    /// A schedule from its β.
    package init(betas: [Float], prediction: SchedulerConfig.PredictionType, setAlphaToOne: Bool = false) {
        self.betas = betas
        self.prediction = prediction
        alphasCumprod = NoiseSchedule.cumulativeProduct(betas.map { 1 - $0 })
        alphaBeforeFirst = setAlphaToOne ? 1 : alphasCumprod[0]
    }

    /// A schedule from stored tables.
    package init(
        betas: [Float], alphasCumprod: [Float], prediction: SchedulerConfig.PredictionType, alphaBeforeFirst: Float
    ) {
        self.betas = betas
        self.alphasCumprod = alphasCumprod
        self.prediction = prediction
        self.alphaBeforeFirst = alphaBeforeFirst
    }

    /// Number of timesteps T.
    package var count: Int { betas.count }

    /// ā at timestep `t`, or before the first for negative ones.
    package func alphaBar(_ t: Int) -> Float { t < 0 ? alphaBeforeFirst : alphasCumprod[t] }

    /// The schedule with ā rounded to Float16 and back, as the public SmPO code keeps it for the target.
    package var throughFloat16: NoiseSchedule {
        NoiseSchedule(
            betas: betas, alphasCumprod: alphasCumprod.map(NoiseSchedule.float16Rounded), prediction: prediction,
            alphaBeforeFirst: NoiseSchedule.float16Rounded(alphaBeforeFirst))
    }

    /// torch.linspace: from the start in the first half, from the end in the second, rounded once.
    private static func linspace(_ start: Float, _ end: Float, _ count: Int) -> [Float] {
        let step = Double((end - start) / Float(count - 1))
        return (0..<count).map {
            $0 < count / 2
                ? Float(Double(start) + step * Double($0)) : Float(Double(end) - step * Double(count - 1 - $0))
        }
    }

    private static func cumulativeProduct(_ values: [Float]) -> [Float] {
        var product = 1.0
        return values.map {
            product *= Double($0)
            return Float(product)
        }
    }

    /// Lin et al. 2024, algorithm 1: shift √ā so that the last is 0, scale so that the first stays.
    private static func rescaledToZeroSNR(_ betas: [Float]) -> [Float] {
        var roots = cumulativeProduct(betas.map { 1 - $0 }).map { $0.squareRoot() }
        let (first, last) = (roots[0], roots[roots.count - 1])
        roots = roots.map { ($0 - last) * (first / (first - last)) }
        let products = roots.map { $0 * $0 }
        return products.indices.map { 1 - ($0 == 0 ? products[0] : products[$0] / products[$0 - 1]) }
    }

    /// Round-to-nearest-even to 11 significant bits (normal range of Float16 and its subnormals; ā ≤ 1).
    private static func float16Rounded(_ x: Float) -> Float {
        // The unit of the last place of a Float16 at x, at least 2^-24.
        let exponent = max(x.exponent, -14) - 10
        let unit = Float(sign: .plus, exponent: exponent, significand: 1)
        return (x / unit).rounded(.toNearestOrEven) * unit
    }
}

extension NoiseSchedule {
    /// Stands for the tables' bits.
    package var digest: Digest {
        func bits(_ values: [Float]) -> JSONValue { .array(values.map { .bits($0) }) }
        return .of(
            .schedule,
            [
                "betas": bits(betas), "alphas_cumprod": bits(alphasCumprod),
                "alpha_before_first": .bits(alphaBeforeFirst), "prediction": .string(prediction.rawValue),
            ])
    }
}
