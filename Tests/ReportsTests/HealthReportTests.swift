import Compute
import Core
import Reports
import Testing

/// What the doctor says of a machine whose kernels give other bits.
@Suite struct HealthReportTests {
    private static let right = KnownAnswer.all(.ref1)[0]
    /// The same operation, with a digest that its results do not have.
    private static let wrong = KnownAnswer("product of another contract", "0123456789abcdef") {
        right.results(on: $0)
    }

    @Test func aWrongKnownAnswerIsReported() throws {
        let checks = KnownAnswerCheck.run(
            .ref1, [HealthReportTests.right, HealthReportTests.wrong], isas: [.baseline], workers: [1, 3])
        let report = HealthReport([.kernels(checks)])
        let found = HealthReportTests.right.digest
        #expect(
            report.faults
                == [1, 3].map { workers in
                    HealthReport.Fault(
                        .trouble,
                        "baseline, \(workers) worker\(workers == 1 ? "" : "s"): product of another contract: "
                            + "expected 0123456789abcdef, found \(found)")
                })
        let lines = report.text.split(separator: "\n")
        #expect(lines[0] == "kernels: known answers kept, of 2")
        #expect(lines[1] == "  workers      1   3" && lines[2] == "  baseline     1   1", "\(report.text)")
        #expect(lines[3] == "  DOES NOT HOLD: \(report.faults[0].text)")
        #expect(lines.last == "faults: 2; each is marked DOES NOT HOLD above")

        let json = JSONCursor(report.json, name: "report")
        #expect(try json["schema"].int() == 1)
        #expect(report.json.canonical.contains(#""well":false"#))
        #expect(try json["faults"].elements().count == 2)
        let check = try json["kernels"]["checks"][1]
        #expect(try check["workers"].int() == 3 && check["kept"].int() == 1)
        #expect(try check["mismatches"][0]["name"].string() == "product of another contract")
        #expect(try check["mismatches"][0]["expected"].string() == "0123456789abcdef")
        #expect(try check["mismatches"][0]["found"].string() == found)
    }

    @Test func aMachineThatKeepsThemIsWell() throws {
        let report = HealthReport([.kernels(KnownAnswerCheck.run(.ref1, [HealthReportTests.right], workers: [2]))])
        #expect(report.faults.isEmpty && report.text.hasSuffix("all is well: this machine keeps the contract"))
        #expect(report.json.canonical.contains(#""well":true"#))
        #expect(
            try JSONCursor(report.json, name: "report")["kernels"]["checks"].elements().count == ISA.supported.count)
    }
}
