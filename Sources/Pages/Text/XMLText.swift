import Core

/// Text in XML 1.0.
enum XMLText {
    /// A text that no markup can come out of, in elements and in quoted attributes. What has no shape
    /// of its own, or what XML cannot hold, such as ESC, is spelt out; line feeds and tabs stay what they are, in attributes
    /// too.
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
            default:
                if let spelt = VisibleText.spelt(scalar) {
                    result += spelt
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }
}
