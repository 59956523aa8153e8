import Core

extension VisibleText {
    /// For HTML, in elements and in quoted attributes.
    package static func html(_ text: String, most: Int = 2000) -> String { HTMLText.escaped(of(text, most: most)) }

    /// For running text and table cells of Markdown, as GitHub and others read it.
    package static func markdown(_ text: String, most: Int = 2000) -> String {
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

    /// A name as code in Markdown, outside tables: a fence of more backticks than stand in a row in it, so that nothing in
    /// it is markup.
    package static func markdownCode(_ text: String, most: Int = 2000) -> String {
        let line = of(text, most: most)
        var (longest, run) = (0, 0)
        for scalar in line.unicodeScalars {
            run = scalar == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return longest == 0 && !line.isEmpty ? fence + line + fence : "\(fence) \(line) \(fence)"
    }
}
