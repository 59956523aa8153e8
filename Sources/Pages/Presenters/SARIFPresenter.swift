import Core

/// A finding made of cases in SARIF 2.1.0, as code scanning reads it: a result a case that does not pass, at its place.
package struct SARIFPresenter: Presenter {
    /// What a case can come to that is no pass.
    package struct Rule: Sendable {
        /// The word of the conclusion, the rule's name, and what it means, a sentence.
        let id: String, name: String, meaning: String

        /// A rule.
        package init(_ id: String, name: String, meaning: String) {
            (self.id, self.name, self.meaning) = (id, name, meaning)
        }
    }

    /// The base of all paths: the folder in which the command ran.
    private static let base = "%SRCROOT%"
    private let version: String, fingerprint: String, rules: [Rule]

    /// The form, by a program of that version; `fingerprint` names the key by which the same failure is known again, and
    /// `rules` has every word that a case which does not pass can come to.
    package init(version: String, fingerprint: String, rules: [Rule]) {
        (self.version, self.fingerprint, self.rules) = (version, fingerprint, rules)
    }

    /// The document.
    package func present(_ finding: Finding) -> String { json(finding).pretty }

    private func json(_ finding: Finding) -> JSONValue {
        let driver: JSONValue = [
            "name": .string(finding.title), "semanticVersion": .string(version), "rules": .array(rules.map(rule)),
        ]
        let isDone = !finding.children.contains { $0.conclusion?.status == .trouble }
        let run: JSONValue = [
            "tool": ["driver": driver], "columnKind": "unicodeCodePoints",
            "automationDetails": ["id": .string("\(finding.title)/")],
            "originalUriBaseIds": .object([
                Self.base: ["description": ["text": .string("The folder in which the \(finding.subject) ran.")]]
            ]),
            "invocations": .array([
                ["executionSuccessful": .bool(isDone), "toolExecutionNotifications": .array(notifications(finding))]
            ]), "results": .array(finding.failures.map { result($0, of: finding) }),
        ]
        return [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": .array([run]),
        ]
    }

    /// What was not looked at of cases that pass, and what was left out.
    private func notifications(_ finding: Finding) -> [JSONValue] {
        let cases = finding.children.filter { $0.passes && !$0.unchecked.isEmpty }
        let texts =
            cases.map { "\($0.title): \($0.conclusion?.sentence ?? "")" }
            + finding.unchecked.map { "\($0.what): \($0.why)" }
        return texts.map { ["level": "note", "message": ["text": .string($0)]] }
    }

    private func rule(_ rule: Rule) -> JSONValue {
        [
            "id": .string(rule.id), "name": .string(rule.name), "shortDescription": ["text": .string(rule.meaning)],
            "defaultConfiguration": ["level": "error"],
        ]
    }

    private func result(_ one: Finding, of finding: Finding) -> JSONValue {
        let word = one.conclusion?.word ?? ""
        let fingerprint = Digest.of(.document, [finding.title, word, one.title].joined(separator: "\n"))
        var result: JSONObject = [
            "ruleId": .string(word), "level": "error",
            "message": ["text": .string("\(one.title): \(one.conclusion?.sentence ?? "")\n\(one.details)")],
            "partialFingerprints": .object([self.fingerprint: .digest(fingerprint)]),
        ]
        result["ruleIndex"] = rules.firstIndex { $0.id == word }.map { .integer($0) }
        result["locations"] = one.place.map { place in
            var artifact: JSONObject = ["uri": .string(uri(place.file))]
            if !place.file.hasPrefix("/") { artifact["uriBaseId"] = .string(Self.base) }
            return .array([
                [
                    "physicalLocation": [
                        "artifactLocation": .object(artifact), "region": ["startLine": .integer(place.line)],
                    ]
                ]
            ])
        }
        return .object(result)
    }

    /// A path as a URI reference: everything but unreserved characters and slashes in per cent.
    private func uri(_ path: String) -> String {
        var result = path.hasPrefix("/") ? "file://" : ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += PercentEscape.of(byte)
            }
        }
        return result
    }
}
