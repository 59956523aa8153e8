import Foundation

/// Round numbers along an axis.
struct Axis {
    /// The ends of what is drawn.
    let low: Double, high: Double
    /// The places that carry a number, from low to high.
    let ticks: [Double]
    private let decimals: Int

    /// An axis over `low…high`, widened where that is a point, with about `count` ticks; `whole` for counted things.
    init(_ low: Double, _ high: Double, about count: Int = 5, whole: Bool = false) {
        let isPoint = !(high > low)
        let pad = isPoint ? max(abs(low) * 0.05, whole ? 1 : 1e-6) : 0
        let (low, high) = (low - pad, high + pad)
        let rough = (high - low) / Double(max(1, count))
        let power = pow(10, floor(log10(rough)))
        let unit = [1, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10
        let step = whole ? max(1, (unit * power).rounded()) : unit * power
        (self.low, self.high) = (low, high)
        decimals = max(0, Int(ceil(-log10(step) - 1e-9)))
        var ticks: [Double] = []
        var tick = (low / step).rounded(.up) * step
        while tick <= high + step * 1e-6, ticks.count < 64 {
            ticks.append(tick)
            tick += step
        }
        self.ticks = ticks
    }

    /// The number at a tick.
    func text(_ tick: Double) -> String {
        let size = max(abs(low), abs(high))
        if size >= 1e7 || decimals > 6 { return Figures.short(abs(tick) < (high - low) * 1e-9 ? 0 : tick) }
        let text = String(format: "%.\(decimals)f", tick)
        return text.hasPrefix("-") && Double(text) == 0 ? String(text.dropFirst()) : text
    }

    /// Where a value lies between the ends, 0 to 1.
    func share(_ value: Double) -> Double { (value - low) / (high - low) }
}

/// Coordinates in SVG, to a tenth.
enum Coordinate {
    static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let (whole, rest) = (abs(tenths) / 10, abs(tenths) % 10)
        return (tenths < 0 ? "-" : "") + "\(whole)" + (rest == 0 ? "" : ".\(rest)")
    }
}
