/// Text in XML 1.0.
enum XMLText {
    /// A text that no markup can come out of, in elements and in quoted attributes. Characters that XML cannot hold, such
    /// as ESC, become `\x1B`; line feeds and tabs stay what they are, in attributes too.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x26: result += "&amp;"
            case 0x3C: result += "&lt;"
            case 0x3E: result += "&gt;"
            case 0x22: result += "&quot;"
            case 0x27: result += "&#39;"
            case 0x09, 0x0A, 0x0D: result += "&#\(scalar.value);"
            case 0..<0x20, 0x7F...0x9F, 0xFFFE, 0xFFFF:
                result += "\\x" + String(scalar.value, radix: 16, uppercase: true)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
