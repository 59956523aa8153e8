import Core

/// Numbers, bars and tables for people.
package enum Figures {
    /// Digits in groups of three: 1,234,567.
    package static func grouped(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0, digits[index - 1] != "-" { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A distance in ULP; that of NaN to a number is "max".
    package static func ulp(_ distance: UInt64) -> String { distance == .max ? "max" : grouped(distance) }

    /// Three significant digits: 0.0123, 1.23e-05.
    package static func short(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
        var exponent = 0
        var size = value.magnitude
        while size >= 10 { (size, exponent) = (size / 10, exponent + 1) }
        while size < 1 { (size, exponent) = (size * 10, exponent - 1) }
        var digits = Int((size * 100).rounded())
        if digits == 1000 { (digits, exponent) = (100, exponent + 1) }
        let sign = value < 0 ? "-" : ""
        let text = String(digits)
        switch exponent {
        case 0...2:
            let (whole, rest) = (text.prefix(exponent + 1), text.dropFirst(exponent + 1))
            return sign + whole + (rest.isEmpty ? "" : "." + rest)
        case -4..<0: return sign + "0." + String(repeating: "0", count: -exponent - 1) + text
        default:
            let power = exponent < 0 ? "-" : "+"
            return sign
                + "\(text.prefix(1)).\(text.dropFirst())e\(power)\(exponent.magnitude < 10 ? "0" : "")\(exponent.magnitude)"
        }
    }

    /// A share in per cent with two significant digits; never 0 or 100 % unless it is exactly that.
    package static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0, part > 0 else { return "0 %" }
        guard part < whole else { return "100 %" }
        let share = Double(part) / Double(whole) * 100
        if share < 0.01 { return "<0.01 %" }
        if share > 99.9 { return ">99.9 %" }
        let scale = share < 1 ? 100.0 : share < 10 ? 10 : 1
        let rounded = (share * scale).rounded() / scale
        return scale == 1 ? "\(Int(rounded)) %" : "\(rounded) %"
    }

    /// A bar of blocks; anything above nothing shows at least an eighth.
    package static func bar(_ share: Double, width: Int) -> String {
        guard share > 0 else { return "" }
        let eighths = max(1, Int((min(share, 1) * Double(width * 8)).rounded(.down)))
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    }

    /// Columns padded to the widest cell, two spaces apart.
    package static func table(_ rows: [[String]], rightAligned: Set<Int>) -> [String] {
        guard let first = rows.first else { return [] }
        // As wide as they are shown.
        let rows = rows.map { $0.map { VisibleText.of($0, most: .max) } }
        let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let pad = String(repeating: " ", count: widths[column] - cell.count)
                line += (column > 0 ? "  " : "") + (rightAligned.contains(column) ? pad + cell : cell + pad)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
