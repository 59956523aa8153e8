/// The distance within which a tensor passes.
package enum Tolerance: Sendable, Hashable {
    /// Every bit equal.
    case exact
    /// At most so many units of the last place, which of integers are whole numbers; NaN to NaN and −0 to +0 pass.
    case ulp(UInt64)
    /// |a − b| ≤ absolute + relative·|a|, a being the left side, of real numbers: neither side of it is rounded. NaN to
    /// NaN passes.
    case values(relative: Double, absolute: Double)

    /// Reads `exact`, `ulp:N`, `rtol:R`, `atol:A` or `rtol:R,atol:A`; `nil` for anything else.
    package init?(_ text: String) {
        if text == "exact" {
            self = .exact
            return
        }
        if text.hasPrefix("ulp:") {
            guard let bound = UInt64(text.dropFirst(4)), bound < .max else { return nil }
            self = .ulp(bound)
            return
        }
        var bounds: [String: Double] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: ":", maxSplits: 1).map(String.init)
            guard words.count == 2, ["rtol", "atol"].contains(words[0]), bounds[words[0]] == nil,
                let bound = Double(words[1]), bound >= 0, bound.isFinite
            else { return nil }
            bounds[words[0]] = bound
        }
        self = .values(relative: bounds["rtol"] ?? 0, absolute: bounds["atol"] ?? 0)
    }

    /// As `init(_:)` reads it.
    package var text: String {
        switch self {
        case .exact: "exact"
        case .ulp(let bound): "ulp:\(bound)"
        case .values(let relative, let absolute): "rtol:\(relative),atol:\(absolute)"
        }
    }
}
