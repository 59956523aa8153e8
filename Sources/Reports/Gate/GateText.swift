import Audit

/// A gate's report for people.
public enum GateText {
    /// A line for each case, then what is known of each that fails, and whether the gate is open.
    public static func describe(_ report: GateReport) -> String {
        let rows = report.cases.map { one in
            let word = one.outcome.isFailure ? one.outcome.rawValue.uppercased() : one.outcome.rawValue
            return [one.name, word, line(GateCaseText(one).headline)]
        }
        var lines = Figures.table(rows, rightAligned: [])
        for one in report.failures {
            lines += ["", "\(one.name): \(one.outcome.rawValue)"]
            for (label, text) in GateCaseText(one).details {
                lines.append("  \(label)\(String(repeating: " ", count: max(2, 18 - label.count)))\(line(text))")
            }
        }
        if let advice = report.advice { lines += ["", advice] }
        lines += ["", "gate \(report.summary)"]
        return lines.joined(separator: "\n")
    }

    /// A text as one line, whose characters move no cursor: it may be of a file that somebody else wrote.
    private static func line(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A: result += " "
            case 0x0D: break
            case 0..<0x20, 0x7F...0x9F: result += "\\x" + String(scalar.value, radix: 16, uppercase: true)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
