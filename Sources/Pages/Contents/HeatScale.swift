import Foundation

/// Colours for the values of one column, logarithmic from the smallest to the largest.
struct HeatScale {
    private let least: Double
    private let most: Double

    /// A scale over the values above 0.
    init(_ values: [Double]) {
        let logs = values.filter { $0 > 0 && $0.isFinite }.map { log2($0) }
        least = logs.min() ?? 0
        most = logs.max() ?? 0
    }

    /// CSS for a cell; none where there is no value or it is 0.
    func style(_ value: Double?) -> String {
        guard let value, value > 0 else { return "" }
        let share = value.isFinite ? most > least ? (log2(value) - least) / (most - least) : 1 : 1
        // From a light to a strong orange; text keeps its colour, with a contrast of 4.5 and more on both, also on a dark
        // page.
        let strength = 0.12 + 0.5 * max(0, min(1, share))
        return "background:rgba(224,108,48,\(Figures.short(strength)))"
    }
}
