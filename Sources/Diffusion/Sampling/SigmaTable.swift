import Compute

/// σ = √((1 − ā) / ā) of each timestep: the noise of a sample whose picture has weight 1.
struct SigmaTable: Sendable {
    /// By timestep, ascending.
    let values: [Float]
    private let logarithms: [Double]

    /// The table of a schedule. One that ends in pure noise ends at ā = 2⁻²⁴, as diffusers has it.
    init(_ schedule: NoiseSchedule) {
        values = schedule.alphasCumprod.map { level in
            let level = level == 0 ? Float(sign: .plus, exponent: -24, significand: 1) : level
            return ((1 - level) / level).squareRoot()
        }
        logarithms = values.map { Double(Elementary.log($0)) }
    }

    /// σ at a timestep, linear between two: numpy.interp.
    func value(at timestep: Float) -> Double {
        let low = min(values.count - 1, max(0, Int(timestep.rounded(.down))))
        guard low + 1 < values.count else { return Double(values[values.count - 1]) }
        let (from, to) = (Double(values[low]), Double(values[low + 1]))
        return (to - from) * (Double(timestep) - Double(low)) + from
    }

    /// The timestep of a σ, linear in ln σ between two: `_sigma_to_t` of diffusers.
    func timestep(of sigma: Double) -> Double {
        let logarithm = Elementary.log(max(sigma, 1e-10))
        let low = min(logarithms.count - 2, max(0, (logarithms.lastIndex { $0 <= logarithm } ?? 0)))
        guard low >= 0 else { return 0 }
        let (from, to) = (logarithms[low], logarithms[low + 1])
        let weight = min(1, max(0, (from - logarithm) / (from - to)))
        return (1 - weight) * Double(low) + weight * Double(low + 1)
    }

    /// `count` σ from `most` down to `least`, even in σ^(1/7).
    static func karras(from most: Double, to least: Double, count: Int) -> [Double] {
        func root(_ x: Double) -> Double { Elementary.exp(Elementary.log(x) / 7) }
        return even(from: root(most), to: root(least), count: count).map { x in
            let square = x * x
            return square * square * square * x
        }
    }

    /// `count` σ from `most` down to `least`, even in ln σ.
    static func exponential(from most: Double, to least: Double, count: Int) -> [Double] {
        even(from: Elementary.log(most), to: Elementary.log(least), count: count).map { Elementary.exp($0) }
    }

    private static func even(from first: Double, to last: Double, count: Int) -> [Double] {
        (0..<count).map { first + Double($0) / Double(max(1, count - 1)) * (last - first) }
    }
}
