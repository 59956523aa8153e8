/// Text from files, made harmless for whoever shows it: names, captions and paths may hold anything. The one form in which
/// terminals, logs and pages get such text.
package enum VisibleText {
    /// One line: what has no shape of its own is spelt out (control characters, ESC among them, line breaks, marks that turn
    /// the direction of writing), and what goes on after `most` characters is cut.
    package static func of(_ text: String, most: Int = 2000) -> String {
        // Nearly all text is plain.
        if text.utf8.count <= most, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        var result = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            if count == most { return result + "…" }
            if let spelt = spelt(scalar) { result += spelt } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }

    /// Several lines, each as `of` gives it but whole. A line feed in a name makes no line of its own.
    package static func lines(_ lines: [String]) -> String {
        lines.map { of($0, most: .max) }.joined(separator: "\n")
    }

    /// A text whose line feeds were meant; all else as `of` gives it.
    package static func block(_ text: String) -> String {
        lines(text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }

    /// A character that has no shape of its own, as text; nil for any other.
    package static func spelt(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0x0A: "\\n"
        case 0x09: "\\t"
        case 0x0D: "\\r"
        case 0x00...0x1F, 0x7F...0x9F, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE007F, 0xFDD0...0xFDEF:
            "\\u{\(String(scalar.value, radix: 16))}"
        case let value where value & 0xFFFE == 0xFFFE: "\\u{\(String(value, radix: 16))}"
        default: nil
        }
    }
}

/// An error whose description has several lines, in which what comes from files is visible already. Of all others a line
/// feed is spelt out.
package protocol ErrorInLines: Error {}
