import Foundation
import Pages

/// Reward against compute as SVG: a curve an arm, the mean over seeds, with the range over seeds as a band; left against
/// UNet passes, right against processor seconds. Where the base was judged too, what is drawn is how far an arm's reward
/// lies above that of the base with the same seed: bases differ by more between seeds than most arms do from them.
package struct RewardPlot {
    private let curves: [Curve]
    private let title: String
    /// Whether the curves are differences, which begin at 0.
    private let isDifference: Bool

    private struct Point { let passes: Double, seconds: Double, mean: Double, low: Double, high: Double }
    private struct Curve { let name: String, points: [Point] }

    /// Eight colours that people with colour-blindness tell apart (Okabe and Ito), then dashes.
    private static let colours = [
        "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31",
    ]
    private static let dashes = ["", "6 3", "2 3"]
    private static let (width, height, left, top, gap) = (400.0, 300.0, 60.0, 40.0, 70.0)

    /// The plot of the main table's arms.
    package init(_ report: AblationReport) {
        let pairs = report.plan.pairs[0]
        let isDifference = report.curveBases.count == report.plan.seeds.count
        self.isDifference = isDifference
        title =
            "\(report.plan.name): reward on validation captions"
            + (isDifference ? ", above the base's of the same seed," : "") + " against compute"
        let bases = isDifference ? Dictionary(uniqueKeysWithValues: zip(report.plan.seeds, report.curveBases)) : [:]
        let start = isDifference ? [Point(passes: 0, seconds: 0, mean: 0, low: 0, high: 0)] : []
        curves = report.plan.arms.compactMap { arm in
            let runs = report.runs.filter {
                $0.run.arm == arm.name && $0.run.pairs == pairs.name && $0.run.overrides.isEmpty
            }
            guard let first = runs.first, !first.curve.isEmpty else { return nil }
            let points = first.curve.indices.map { place -> Point in
                let rewards = runs.map { $0.curve[place].reward - (bases[$0.run.seed] ?? 0) }
                let share = Double(first.curve[place].step) / Double(first.steps)
                let mean = rewards.reduce(0, +) / Double(rewards.count)
                return Point(
                    passes: share * first.passes,
                    seconds: share * runs.reduce(0) { $0 + $1.cpuSeconds } / Double(runs.count), mean: mean,
                    low: rewards.min() ?? mean, high: rewards.max() ?? mean)
            }
            return Curve(name: arm.title, points: start + points)
        }
    }

    /// The drawing; empty where nothing was measured along the way.
    package var svg: String {
        let all = curves.flatMap(\.points)
        guard let low = all.map(\.low).min(), let high = all.map(\.high).max() else { return "" }
        let margin = max(0.002, (high - low) * 0.05)
        let range = (low: low - margin, high: high + margin)
        let total = (
            width: 2 * Self.width + Self.left + Self.gap + 340,
            height: max(Self.height, Double(curves.count) * 18) + Self.top + 60
        )
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(total.width)) \(Int(total.height))\" role=\"img\" "
                + "font-family=\"sans-serif\" font-size=\"12\"><title>\(HTMLText.escaped(title))</title>",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            "<text x=\"\(Self.left)\" y=\"20\" font-size=\"14\">\(HTMLText.escaped(title))</text>",
        ]
        parts.append(panel(x: Self.left, "UNet passes", range, \.passes))
        parts.append(panel(x: Self.left + Self.width + Self.gap, "processor seconds", range, \.seconds))
        let legend = Self.left + 2 * Self.width + Self.gap + 20
        for (index, curve) in curves.enumerated() {
            let y = Self.top + 10 + 18 * Double(index)
            parts.append(
                "<line x1=\"\(legend)\" y1=\"\(y)\" x2=\"\(legend + 26)\" y2=\"\(y)\" \(Self.stroke(index))/>"
                    + "<text x=\"\(legend + 32)\" y=\"\(y + 4)\">\(HTMLText.escaped(curve.name))</text>")
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private static func stroke(_ index: Int) -> String {
        "stroke=\"\(colours[index % colours.count])\" stroke-width=\"2\" fill=\"none\" "
            + "stroke-dasharray=\"\(dashes[index / colours.count % dashes.count])\""
    }

    private func panel(
        x left: Double, _ label: String, _ range: (low: Double, high: Double), _ value: KeyPath<Point, Double>
    ) -> String {
        let most = curves.flatMap(\.points).map { $0[keyPath: value] }.max() ?? 1
        func x(_ v: Double) -> String { Figures.short(left + v / most * Self.width) }
        func y(_ v: Double) -> String {
            Figures.short(Self.top + (range.high - v) / (range.high - range.low) * Self.height)
        }
        var parts: [String] = []
        for tick in 0...4 {
            let share = Double(tick) / 4
            let (reward, amount) = (range.low + share * (range.high - range.low), share * most)
            parts.append(
                "<line x1=\"\(left)\" x2=\"\(left + Self.width)\" y1=\"\(y(reward))\" y2=\"\(y(reward))\" stroke=\"#ddd\"/>"
                    + "<text x=\"\(left - 6)\" y=\"\(y(reward))\" text-anchor=\"end\">\(String(format: isDifference ? "%+.3f" : "%.3f", reward))</text>"
                    + "<text x=\"\(x(amount))\" y=\"\(Self.top + Self.height + 16)\" text-anchor=\"middle\">"
                    + "\(most < 20 ? Figures.short(amount) : Figures.grouped(Int(amount.rounded())))</text>")
        }
        parts.append(
            "<text x=\"\(left + Self.width / 2)\" y=\"\(Self.top + Self.height + 36)\" text-anchor=\"middle\">\(label)</text>"
        )
        if isDifference {
            parts.append(
                "<line x1=\"\(left)\" x2=\"\(left + Self.width)\" y1=\"\(y(0))\" y2=\"\(y(0))\" stroke=\"#555\" "
                    + "stroke-dasharray=\"1 3\"/><text x=\"\(left + Self.width + 4)\" y=\"\(y(0))\" fill=\"#555\">base</text>"
            )
        }
        for (index, curve) in curves.enumerated() {
            let upper = curve.points.map { "\(x($0[keyPath: value])),\(y($0.high))" }
            let lower = curve.points.reversed().map { "\(x($0[keyPath: value])),\(y($0.low))" }
            parts.append(
                "<polygon points=\"\((upper + lower).joined(separator: " "))\" opacity=\"0.12\" "
                    + "fill=\"\(Self.colours[index % Self.colours.count])\"/>")
            let line = curve.points.map { "\(x($0[keyPath: value])),\(y($0.mean))" }.joined(separator: " ")
            parts.append("<polyline points=\"\(line)\" \(Self.stroke(index))/>")
        }
        return parts.joined(separator: "\n")
    }
}
