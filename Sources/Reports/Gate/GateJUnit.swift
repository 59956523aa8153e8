import Audit

/// A gate's report in the XML of JUnit, as CI servers read it: a suite, a test a case. Bits that differ are failures;
/// what could not be compared is an error. No times stand in it, so that equal results are equal bytes.
package enum GateJUnit {
    /// The document.
    package static func xml(_ report: GateReport) -> String {
        let failures = report.cases.filter { isFailure($0.outcome) }.count
        let errors = report.failures.count - failures
        let counts = "tests=\"\(report.cases.count)\" failures=\"\(failures)\" errors=\"\(errors)\""
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#, "<testsuites name=\"smpo gate\" \(counts)>",
            "  <testsuite name=\"smpo gate\" \(counts) skipped=\"0\">", "    <properties>",
            property("smpo.version", report.version), property("smpo.outcome", report.outcome.rawValue),
        ]
        if let budget = report.budget { lines.append(property("smpo.quick.seconds", "\(budget)")) }
        for one in report.partial {
            lines.append(property("smpo.replayed.\(one.name)", GateCaseText(one).checked))
        }
        for one in report.unwatched {
            lines.append(property("smpo.unwatched.\(one.name)", GateCaseText(one).unwatched ?? ""))
        }
        for (label, text) in report.omissions {
            lines.append(property("smpo.\(label.replacing(" ", with: "."))", text))
        }
        lines.append("    </properties>")
        for one in report.cases { lines += test(one) }
        lines += ["  </testsuite>", "</testsuites>"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func isFailure(_ outcome: GateOutcome) -> Bool { outcome == .diverged || outcome == .recipe }

    private static func test(_ one: GateCase) -> [String] {
        let text = GateCaseText(one)
        let (run, name) = (XMLText.escaped(one.run), XMLText.escaped(one.name))
        let head = "    <testcase classname=\"golden.\(run)\" name=\"\(name)\""
        guard one.outcome.isFailure else {
            return [head + ">", "      <system-out>\(XMLText.escaped(text.headline))</system-out>", "    </testcase>"]
        }
        let element = isFailure(one.outcome) ? "failure" : "error"
        let body = text.details.map { "\($0.label): \($0.text)" }.joined(separator: "\n")
        return [
            head + ">",
            "      <\(element) type=\"\(one.outcome.rawValue)\" message=\"\(XMLText.escaped(text.headline))\">"
                + "\(XMLText.escaped(body))</\(element)>",
            "    </testcase>",
        ]
    }

    private static func property(_ name: String, _ value: String) -> String {
        "      <property name=\"\(XMLText.escaped(name))\" value=\"\(XMLText.escaped(value))\"/>"
    }
}
