import Core
import Ledger

/// An audit's verdict as an in-toto Statement with the predicate `test-result` (v0.1), to be signed by who audited.
package enum AuditStatement {
    /// The predicate's type.
    package static let predicateType = "https://in-toto.io/attestation/test-result/v0.1"

    /// The statement that `report` on the run of `manifest` makes. A verdict without a whole replay is a warning at best.
    package static func json(_ report: AuditReport, manifest: Manifest) -> JSONValue {
        let file: JSONValue = [
            "name": .string("Manifests/\(manifest.run).json"),
            "digest": ["sha256": .digest(.sha256(Array(manifest.json.pretty.utf8)))],
        ]
        let name = report.segment.map {
            "audit of steps \($0.steps.lowerBound)..\($0.steps.upperBound) of \(report.steps)"
        }
        let device = report.device.map { " on \($0)" } ?? ""
        let test: JSONValue = .array([.string((name ?? "audit of all \(report.steps) steps") + device)])
        let passed = report.verdict.isPass
        let result = passed ? (report.judgement.isWhole ? "PASSED" : "WARNED") : "FAILED"
        return [
            "_type": "https://in-toto.io/Statement/v1", "subject": [file],
            "predicateType": .string(predicateType),
            "predicate": [
                "result": .string(result), "configuration": [file], "passedTests": passed ? test : [],
                "failedTests": passed ? [] : test, "report": report.json,
            ],
        ]
    }
}
