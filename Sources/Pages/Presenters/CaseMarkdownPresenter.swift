import Core

/// A finding made of cases in Markdown, as GitHub and GitLab show it: below 1 MiB, which is what GitHub takes of a step.
package struct CaseMarkdownPresenter: Presenter {
    /// Bytes that are left for others of the same step.
    private static let limit = (1 << 20) - (1 << 14)
    private let noun: String

    /// The form; `noun` is what a case is called.
    package init(noun: String) { self.noun = noun }

    /// The summary, a table of the cases, and what is known of each that fails. Where that is too long, the rest is left
    /// out, and that is said.
    package func present(_ finding: Finding) -> String {
        var text = """
            ## \(VisibleText.markdown(finding.title)) \(finding.passes ? "✅" : "❌")

            **\(VisibleText.markdown(finding.conclusion?.sentence ?? ""))**

            | \(noun) | outcome | |
            |---|---|---|

            """
        var isCut = false
        func append(_ part: String) {
            guard !isCut, text.utf8.count + part.utf8.count <= Self.limit else {
                isCut = true
                return
            }
            text += part
        }
        // Those that fail come first, so that they are not what is left out.
        for one in finding.failures + finding.children.filter(\.passes) {
            let (word, sentence) = (one.conclusion?.word ?? "", one.conclusion?.sentence ?? "")
            append("| \(VisibleText.markdown(one.title)) | \(word) | \(VisibleText.markdown(sentence)) |\n")
        }
        for one in finding.failures {
            let lines = one.facts.map { "- \($0.name): \(VisibleText.markdownCode($0.value))" }
            let heading = "\(VisibleText.markdown(one.title)): \(one.conclusion?.word ?? "")"
            append("\n### \(heading)\n\n" + lines.joined(separator: "\n") + "\n")
        }
        if let advice = finding.advice { append("\n\(VisibleText.markdown(advice))\n") }
        if !finding.unchecked.isEmpty { append("\n") }
        for omission in finding.unchecked { append("- \(omission.what): \(VisibleText.markdownCode(omission.why))\n") }
        if isCut {
            text += "\nThe rest is left out: the report would be longer than GitHub takes. `--format json` has all.\n"
        }
        return text
    }
}
