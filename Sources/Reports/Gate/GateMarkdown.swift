import Audit
import Core
import Pages

/// A gate's report in Markdown, as GitHub and GitLab show it: below 1 MiB, which is what GitHub takes of a step.
package enum GateMarkdown {
    /// Bytes that are left for others of the same step.
    static let limit = (1 << 20) - (1 << 14)

    /// The summary, a table of the cases, and what is known of each that fails. Where that is too long, the rest is left
    /// out, and that is said.
    package static func text(_ report: GateReport) -> String {
        var text = """
            ## smpo gate \(report.outcome.isFailure ? "❌" : "✅")

            **\(VisibleText.markdown(report.summary))**

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
            append(
                "| \(VisibleText.markdown(one.name)) | \(one.outcome.rawValue) | \(VisibleText.markdown(GateCaseText(one).headline)) |\n"
            )
        }
        for one in report.failures {
            let lines = GateCaseText(one).details.map { "- \($0.label): \(VisibleText.markdownCode($0.text))" }
            append(
                "\n### \(VisibleText.markdown(one.name)): \(one.outcome.rawValue)\n\n" + lines.joined(separator: "\n")
                    + "\n")
        }
        if let advice = report.advice { append("\n\(VisibleText.markdown(advice))\n") }
        if !report.omissions.isEmpty { append("\n") }
        for (label, text) in report.omissions { append("- \(label): \(VisibleText.markdownCode(text))\n") }
        if isCut {
            text += "\nThe rest is left out: the report would be longer than GitHub takes. `--format json` has all.\n"
        }
        return text
    }
}
