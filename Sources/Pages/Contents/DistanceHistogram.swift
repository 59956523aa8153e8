import Core
import Foundation

/// How often which distances occur, by powers of two.
package struct DistanceHistogram: Sendable, Equatable {
    /// Bins: pairs at 0; at 2^(k−1)…2^k − 1 ULP for k in 1…64; NaN to a number.
    package static let binCount = 66

    /// What it is of.
    package let name: String
    /// The bins.
    package let bins: [Int]

    /// Some of `binCount` bins; those that are not given are empty.
    package init(_ name: String, bins: [Int]) {
        self.name = name
        self.bins = bins + [Int](repeating: 0, count: max(0, Self.binCount - bins.count))
    }

    private static let height = 90.0
    private static let step = 8.0

    /// The figure.
    var html: String {
        "<figure class=\"distances\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" "
            + "aria-label=\"\(VisibleText.html(name)), distances\">\(svg)</div>"
            + "<figcaption>\(VisibleText.html(name, most: 120))</figcaption></figure>"
    }

    private var svg: String {
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
        let title = VisibleText.html("Distances in \(name), by powers of two")
        return "<svg width=\"\(width + 36)\" height=\"\(Self.height + 16)\" role=\"img\">"
            + "<title>\(title)</title>\(bars.joined())"
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

    var json: JSONValue { ["name": .string(name), "bins": .array(bins.map { .integer($0) })] }

    init(json cursor: JSONCursor) throws {
        let bins = try cursor["bins"].elements().map { try $0.count() }
        guard bins.count == Self.binCount else {
            throw try cursor["bins"].error(expected: "\(Self.binCount) bins", found: "\(bins.count)")
        }
        self.init(try cursor["name"].string(), bins: bins)
    }
}
