/// A JSON number as written, read exactly on demand.
///
/// The canonical text depends on the exact decimal value only. With the value written as 0.d₁…dₖ × 10ⁿ (d₁, dₖ ≠ 0):
///
///     zero, −0 too           0
///     k ≤ n ≤ 21             the digits, then n − k zeros           100, 25
///     0 < n < k, n ≤ 21      a point after n digits                 1.5
///     −6 < n ≤ 0             "0.", −n zeros, the digits             0.0001
///     otherwise              d₁.d₂…dₖ, "e", the sign, |n − 1|       1e-7, 1.5e+30
///
/// That is the layout of ECMAScript and RFC 8785, applied to the digits as they stand and not to a rounded Double; for
/// text that prints a Double in its shortest form both agree.
package struct JSONNumber: Sendable, Equatable, CustomStringConvertible {
    /// The source text.
    package let text: String
    /// The canonical text.
    package let canonical: String

    /// An integer.
    package init(_ value: some FixedWidthInteger) {
        text = String(value)
        canonical = JSONNumber.normalize(text)
    }

    /// A finite number in its shortest decimal form that reads back; `nil` for infinities and NaN.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        self.init(validated: "\(value)")
    }

    /// Takes text that obeys the JSON grammar of numbers.
    init(validated text: String) {
        self.text = text
        canonical = JSONNumber.normalize(text)
    }

    /// Whether the canonical text is digits only, with a minus sign or without.
    package var isInteger: Bool { canonical.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "e") } }

    /// The exact integer; `nil` when there is a fraction or it does not fit.
    package var int64: Int64? { Int64(canonical) }

    /// The exact integer; `nil` when there is a fraction or it does not fit.
    package var uint64: UInt64? { UInt64(canonical) }

    /// The nearest Double (ties to even); infinite beyond the range.
    package var double: Double { Double(text) ?? .nan }

    /// The canonical text.
    package var description: String { canonical }

    /// Equality of the exact decimal values.
    package static func == (left: JSONNumber, right: JSONNumber) -> Bool { left.canonical == right.canonical }

    private static func normalize(_ text: String) -> String {
        let source = Array(text.utf8)
        let negative = source.first == UInt8(ascii: "-")
        // Almost every number of our documents: a plain integer is canonical as it stands.
        let start = negative ? 1 : 0
        if source.count <= 20, source[start] != UInt8(ascii: "0"), source[start...].allSatisfy({ $0 >= 48 && $0 <= 57 })
        {
            return text
        }
        var digits: [UInt8] = []
        var point = 0
        var seenPoint = false
        var exponent = 0
        for (index, character) in source.enumerated().dropFirst(start) {
            switch character {
            case UInt8(ascii: "."):
                seenPoint = true
                continue
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                exponent = Int(String(decoding: source[(index + 1)...], as: UTF8.self)) ?? 0
            default:
                digits.append(character)
                if !seenPoint { point += 1 }
                continue
            }
            break
        }
        return layout(negative: negative, digits: digits, point: point + exponent)
    }

    private static func layout(negative: Bool, digits: [UInt8], point: Int) -> String {
        let zero = UInt8(ascii: "0")
        let leading = digits.prefix { $0 == zero }.count
        var digits = Array(digits.dropFirst(leading))
        while digits.last == zero { digits.removeLast() }
        guard !digits.isEmpty else { return "0" }
        let (k, n) = (digits.count, point - leading)
        var result = negative ? [UInt8(ascii: "-")] : []
        if k <= n, n <= 21 {
            result += digits + Array(repeating: zero, count: n - k)
        } else if n > 0, n <= 21 {
            result += digits[..<n] + [UInt8(ascii: ".")] + digits[n...]
        } else if n > -6, n <= 0 {
            result += Array("0.".utf8) + Array(repeating: zero, count: -n) + digits
        } else {
            result.append(digits[0])
            if k > 1 { result += [UInt8(ascii: ".")] + digits[1...] }
            result += Array("e\(n > 0 ? "+" : "-")\(abs(n - 1))".utf8)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
