/// Text from files, made harmless for whoever shows it: captions, names and paths may hold anything.
enum VisibleText {
    /// The text with what has no shape of its own spelled out (control characters, ESC among them, line breaks, marks that
    /// turn the direction of writing), and cut after `most` characters.
    static func of(_ text: String, most: Int = 2000) -> String {
        var result = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            if count == most { return result + "…" }
            switch scalar.value {
            case 0x0A: result += "\\n"
            case 0x09: result += "\\t"
            case 0x0D: result += "\\r"
            case 0x00...0x1F, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB,
                0xE0000...0xE007F, 0xFDD0...0xFDEF:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            case let value where value & 0xFFFE == 0xFFFE: result += "\\u{\(String(value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// For HTML, in elements and in quoted attributes.
    static func html(_ text: String, most: Int = 2000) -> String { HTMLText.escaped(of(text, most: most)) }

    /// For running text and table cells of Markdown, as GitHub and others read it.
    static func markdown(_ text: String, most: Int = 2000) -> String {
        var result = ""
        for scalar in of(text, most: most).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            // A code span of a table would hide a backslash before its bar, so there are none: every mark is escaped.
            case "\\", "`", "*", "_", "{", "}", "[", "]", "(", ")", "#", "+", "!", "|", "~", "$":
                result += "\\"
                result.unicodeScalars.append(scalar)
            // No mention of anybody.
            case "@": result += "&#64;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
