import Audit
import Core

/// A gate's report in SARIF 2.1.0, as code scanning reads it: a result a failure, at the line of the golden log that
/// differs or of the recipe's key.
package enum GateSARIF {
    /// The base of all paths: the folder in which the gate ran.
    private static let base = "%SRCROOT%"

    /// The document.
    package static func json(_ report: GateReport) -> JSONValue {
        let rules = GateOutcome.byGravity.filter(\.isFailure)
        let driver: JSONValue = [
            "name": "smpo gate", "semanticVersion": .string(report.version), "rules": .array(rules.map(rule)),
        ]
        let results = report.failures.map { one in
            result(one, index: rules.firstIndex(of: one.outcome) ?? 0)
        }
        let isDone = !report.cases.contains { $0.outcome == .trouble }
        let folder: JSONValue = ["description": ["text": "The folder in which the gate ran."]]
        let run: JSONValue = [
            "tool": ["driver": driver], "columnKind": "unicodeCodePoints", "automationDetails": ["id": "smpo gate/"],
            "originalUriBaseIds": .object([base: folder]),
            "invocations": .array([
                ["executionSuccessful": .bool(isDone), "toolExecutionNotifications": .array(notifications(report))]
            ]), "results": .array(results),
        ]
        return [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": .array([run]),
        ]
    }

    /// What the gate did not look at of runs that pass, and what it left out.
    private static func notifications(_ report: GateReport) -> [JSONValue] {
        let cases = (report.partial + report.unwatched).filter { !$0.outcome.isFailure }
        let names = cases.reduce(into: [String]()) { if !$0.contains($1.name) { $0.append($1.name) } }
        let texts =
            names.compactMap { name in
                cases.first { $0.name == name }.map { "\(name): \(GateCaseText($0).headline)" }
            } + report.omissions.map { "\($0.label): \($0.text)" }
        return texts.map { ["level": "note", "message": ["text": .string($0)]] }
    }

    private static func rule(_ outcome: GateOutcome) -> JSONValue {
        [
            "id": .string(outcome.rawValue), "name": .string("golden-run-\(outcome.rawValue)"),
            "shortDescription": ["text": .string(outcome.meaning + ".")],
            "defaultConfiguration": ["level": "error"],
        ]
    }

    private static func result(_ one: GateCase, index: Int) -> JSONValue {
        let (text, place) = (GateCaseText(one), one.place)
        let details = text.details.map { "\($0.label): \($0.text)" }.joined(separator: "\n")
        var artifact: JSONObject = ["uri": .string(uri(place.file))]
        if !place.file.hasPrefix("/") { artifact["uriBaseId"] = .string(base) }
        let fingerprint = Digest.of(.document, ["smpo gate", one.outcome.rawValue, one.name].joined(separator: "\n"))
        let location: JSONValue = [
            "artifactLocation": .object(artifact), "region": ["startLine": .integer(place.line)],
        ]
        return [
            "ruleId": .string(one.outcome.rawValue), "ruleIndex": .integer(index), "level": "error",
            "message": ["text": .string("\(one.name): \(text.headline)\n\(details)")],
            "locations": .array([["physicalLocation": location]]),
            "partialFingerprints": ["smpoGate/v1": .digest(fingerprint)],
        ]
    }

    /// A path as a URI reference: everything but unreserved characters and slashes in per cent.
    private static func uri(_ path: String) -> String {
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
