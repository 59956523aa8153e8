import Audit
import Core
import Pages

/// A gate's report as workflow commands of GitHub Actions, which become notes at the files. GitHub shows ten of a step,
/// so there are never more: first the summary, then the failures, the last line counting those that have no line.
package enum GateAnnotations {
    private static let limit = 10

    /// The lines.
    package static func text(_ report: GateReport) -> String {
        let kind = report.outcome.isFailure ? "error" : "notice"
        let rest =
            (report.unwatched.filter { !$0.outcome.isFailure }.map { "\($0.name): \(GateCaseText($0).headline)" }
            + report.omissions.map { "\($0.label): \($0.text)" }).map { "\n" + VisibleText.of($0) }.joined()
        var lines = ["::\(kind) title=\(property("smpo gate"))::\(message("gate \(report.summary)\(rest)"))"]
        let failures = report.failures
        let shown = failures.count < limit ? failures.count : limit - 2
        for one in failures.prefix(shown) {
            let place = one.place
            let text = GateCaseText(one)
            let heads = one.heads.found.map { "\nreplacement head: \($0.hex)" } ?? ""
            let word = one.kind.map { "\nkind: \($0.word): \($0.meaning)" } ?? ""
            lines.append(
                "::error file=\(property(place.file)),line=\(place.line),"
                    + "title=\(property("\(one.name): \(one.outcome.rawValue)"))::\(message(VisibleText.of(text.headline) + word + heads))"
            )
        }
        if shown < failures.count {
            let rest = failures.dropFirst(shown).map { VisibleText.of($0.name) }.joined(separator: ", ")
            lines.append(
                "::error title=\(property("smpo gate"))::\(message("and \(failures.count - shown) more: \(rest)"))")
        }
        return lines.joined(separator: "\n")
    }

    /// What would end a command or a line of one.
    private static func message(_ text: String) -> String { escaped(text, "%\r\n") }

    /// The same, and what would end a property.
    private static func property(_ text: String) -> String { escaped(VisibleText.of(text), "%\r\n:,") }

    private static func escaped(_ text: String, _ special: String) -> String {
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
