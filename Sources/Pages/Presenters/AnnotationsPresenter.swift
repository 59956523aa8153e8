import Core

/// A finding made of cases as workflow commands of GitHub Actions, which become notes at the files. GitHub shows ten of a
/// step, so there are never more: first the summary, then the failures, the last line counting those that have no line.
package struct AnnotationsPresenter: Presenter {
    private static let limit = 10
    private let mentioned: String, group: String

    /// The form. Of cases that pass those are named of which `mentioned` was not checked; of those that fail the facts of
    /// `group` are shown.
    package init(mentioning mentioned: String, facts group: String) {
        (self.mentioned, self.group) = (mentioned, group)
    }

    /// The lines.
    package func present(_ finding: Finding) -> String {
        let passed = finding.children.filter { one in
            one.passes && one.unchecked.contains { $0.what == mentioned }
        }
        let rest =
            (passed.map { "\($0.title): \($0.conclusion?.sentence ?? "")" }
            + finding.unchecked.map { "\($0.what): \($0.why)" }).map { "\n" + VisibleText.of($0) }.joined()
        let kind = finding.passes ? "notice" : "error"
        let title = "title=\(property(finding.title))"
        var lines = ["::\(kind) \(title)::\(message("\(finding.summary)\(rest)"))"]
        let failures = finding.failures
        let shown = failures.count < Self.limit ? failures.count : Self.limit - 2
        for one in failures.prefix(shown) {
            let place = one.place.map { "file=\(property($0.file)),line=\($0.line)," } ?? ""
            let facts = one.facts.filter { $0.group == group }.map { "\n\($0.name): \($0.value)" }.joined()
            lines.append(
                "::error \(place)title=\(property(one.headline))::"
                    + message(VisibleText.of(one.conclusion?.sentence ?? "") + facts))
        }
        if shown < failures.count {
            let rest = failures.dropFirst(shown).map { VisibleText.of($0.title) }.joined(separator: ", ")
            lines.append("::error \(title)::\(message("and \(failures.count - shown) more: \(rest)"))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What would end a command or a line of one.
    private func message(_ text: String) -> String { escaped(text, "%\r\n") }

    /// The same, and what would end a property.
    private func property(_ text: String) -> String { escaped(VisibleText.of(text), "%\r\n:,") }

    private func escaped(_ text: String, _ special: String) -> String {
        var result = ""
        // Scalars: CR and LF in a row are one character.
        for scalar in text.unicodeScalars {
            if special.unicodeScalars.contains(scalar) {
                result += PercentEscape.of(UInt8(scalar.value))
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
