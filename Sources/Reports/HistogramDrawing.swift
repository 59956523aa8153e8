import Core
import Foundation

/// A histogram of distances by powers of two, as SVG.
struct HistogramDrawing {
    /// Pairs at 0; at 2^(k−1)…2^k − 1 ULP for k in 1…64; NaN to a number.
    let bins: [Int]
    /// What it is of, for who does not see it; may be empty.
    var title = ""

    private static let height = 90.0
    private static let step = 8.0

    /// The drawing.
    var svg: String {
        let last = max(8, bins.dropLast().lastIndex { $0 > 0 } ?? 0)
        let hasMax = (bins.last ?? 0) > 0
        let shown = Array(bins[...last]) + (hasMax ? [bins[bins.count - 1]] : [])
        let top = log2(Double(max(1, shown.max() ?? 1)) + 1)
        let width = Double(shown.count) * Self.step
        let bars = shown.enumerated().map { index, count -> String in
            let size = count == 0 ? 0 : max(1, log2(Double(count) + 1) / top * Self.height)
            let label = Self.label(index, isMax: hasMax && index == shown.count - 1)
            return
                "<rect x=\"\(Double(index) * Self.step)\" y=\"\(Figures.short(Self.height - size))\" width=\"\(Self.step - 1)\" "
                + "height=\"\(Figures.short(size))\"><title>\(label): \(Figures.grouped(count))</title></rect>"
        }
        let ticks = stride(from: 0, through: last, by: 4).map { index in
            "<text x=\"\(Double(index) * Self.step)\" y=\"\(Self.height + 11)\">\(index == 0 ? "0" : "2^\(index - 1)")</text>"
        }
        return "<svg width=\"\(width + 20)\" height=\"\(Self.height + 16)\" role=\"img\">"
            + (title.isEmpty ? "" : "<title>\(VisibleText.html(title))</title>") + "\(bars.joined())"
            + "<line x1=\"0\" y1=\"\(Self.height)\" x2=\"\(width)\" y2=\"\(Self.height)\"/>\(ticks.joined())</svg>"
    }

    private static func label(_ bin: Int, isMax: Bool) -> String {
        if isMax { return "NaN to a number" }
        switch bin {
        case 0: return "0 ULP"
        case 1: return "1 ULP"
        case 64: return "2^63 ULP and more"
        default: return "\(Figures.grouped(UInt64(1) << (bin - 1)))…\(Figures.grouped(UInt64(1) << bin - 1)) ULP"
        }
    }
}
