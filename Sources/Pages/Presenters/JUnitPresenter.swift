/// A finding made of cases in the XML of JUnit, as CI servers read it: a suite, a test a case. What differs is a failure;
/// what could not be compared, or does not hold, is an error. No times stand in it, so that equal results are equal bytes.
package struct JUnitPresenter: Presenter {
    private let classes: String

    /// The form; `classes` stands before the subject of each case, as the package of a class.
    package init(classes: String) { self.classes = classes }

    /// The document.
    package func present(_ finding: Finding) -> String {
        let cases = finding.children
        let failures = cases.count(where: \.isFailure)
        let counts = "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"\(finding.failures.count - failures)\""
        let name = XMLText.escaped(finding.title)
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#, "<testsuites name=\"\(name)\" \(counts)>",
            "  <testsuite name=\"\(name)\" \(counts) skipped=\"0\">", "    <properties>",
        ]
        lines += finding.facts.map { property($0.name, $0.value) }
        let unchecked = cases.flatMap { one in one.unchecked.map { ($0.what, one.title, $0.why) } }
        for what in Set(unchecked.map(\.0)).sorted() {
            lines += unchecked.filter { $0.0 == what }.map { property("\(what).\($0.1)", $0.2) }
        }
        lines += finding.unchecked.map { property($0.what.replacing(" ", with: "."), $0.why) }
        lines.append("    </properties>")
        for one in cases { lines += test(one) }
        return (lines + ["  </testsuite>", "</testsuites>"]).joined(separator: "\n") + "\n"
    }

    private func test(_ one: Finding) -> [String] {
        let (group, name) = (XMLText.escaped("\(classes).\(one.subject)"), XMLText.escaped(one.title))
        let sentence = XMLText.escaped(one.conclusion?.sentence ?? "")
        let head = "    <testcase classname=\"\(group)\" name=\"\(name)\">"
        guard !one.passes else { return [head, "      <system-out>\(sentence)</system-out>", "    </testcase>"] }
        let element = one.isFailure ? "failure" : "error"
        return [
            head,
            "      <\(element) type=\"\(XMLText.escaped(one.conclusion?.word ?? ""))\" message=\"\(sentence)\">"
                + "\(XMLText.escaped(one.details))</\(element)>",
            "    </testcase>",
        ]
    }

    private func property(_ name: String, _ value: String) -> String {
        "      <property name=\"\(XMLText.escaped("smpo.\(name)"))\" value=\"\(XMLText.escaped(value))\"/>"
    }
}

extension Finding {
    /// Whether it was compared and differs.
    fileprivate var isFailure: Bool { conclusion?.status == .differs }
}
