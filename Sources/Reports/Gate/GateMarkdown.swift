import Audit

/// A gate's report in Markdown, as GitHub and GitLab show it: below 1 MiB, which is what GitHub takes of a step.
public enum GateMarkdown {
    /// Bytes that are left for others of the same step.
    static let limit = (1 << 20) - (1 << 14)

    /// The summary, a table of the cases, and what is known of each that fails. Where that is too long, the rest is left
    /// out, and that is said.
    public static func text(_ report: GateReport) -> String {
        var text = """
            ## smpo gate \(report.outcome.isFailure ? "❌" : "✅")

            **\(escaped(report.summary))**

            | golden run | outcome | |
            |---|---|---|

            """
        var isCut = false
        func append(_ part: String) {
            guard !isCut, text.utf8.count + part.utf8.count <= limit else {
                isCut = true
                return
            }
            text += part
        }
        // Those that fail come first, so that they are not what is left out.
        for one in report.failures + report.cases.filter({ !$0.outcome.isFailure }) {
            append("| \(escaped(one.name)) | \(one.outcome.rawValue) | \(escaped(GateCaseText(one).headline)) |\n")
        }
        for one in report.failures {
            let lines = GateCaseText(one).details.map { "- \($0.label): \(code($0.text))" }
            append("\n### \(escaped(one.name)): \(one.outcome.rawValue)\n\n" + lines.joined(separator: "\n") + "\n")
        }
        if let advice = report.advice { append("\n\(escaped(advice))\n") }
        if isCut {
            text += "\nThe rest is left out: the report would be longer than GitHub takes. `--format json` has all.\n"
        }
        return text
    }

    /// What would be markup, or end a cell.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n", "\r": result += " "
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~": result += "\\\(scalar)"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A text as code: fenced by more backticks than stand in a row in it.
    private static func code(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        var (longest, run) = (0, 0)
        for scalar in line.unicodeScalars {
            run = scalar == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return longest == 0 ? fence + line + fence : "\(fence) \(line) \(fence)"
    }
}
