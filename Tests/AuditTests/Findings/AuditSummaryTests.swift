import Audit
import Comparison
import Core
import Ledger
import Pages
import Testing

/// The documents of `smpo audit --json` and `smpo diff --json`, read again.
@Suite struct AuditSummaryTests {
    private func read(_ value: JSONValue) throws -> JSONCursor {
        JSONCursor(try JSONValue.parse(value.canonicalBytes, file: "x"), name: "document", file: "x")
    }

    @Test func divergedAudit() throws {
        var facts = Judgement.Facts(demanded: 8, last: 8)
        facts.difference = Divergence(
            step: 3, phase: .inversion, tensor: "0000.winner", expected: "a", found: "b",
            element: .init(
                index: 5, coordinates: [0, 1, 1], expected: "1.0", found: "2.0", expectedBits: "0x3f800000",
                foundBits: "0x40000000", ulp: 8_388_608))
        var report = AuditReport(run: "run-1", Judgement(facts))
        report.divergence = facts.difference
        (report.cause, report.steps, report.equalSteps, report.evidence) = (.numerics, 8, 2, [.ledger])
        report.notes = ["step 3 run again"]
        let cursor = try read(report.json)
        #expect(AuditSummary.isAudit(cursor) && !RunDifference.isDifference(cursor.value))
        let document = try AuditSummary(json: cursor)
        #expect(document.difference?.divergence == facts.difference && document.difference?.steps == 8)
        #expect(document.difference?.finding.says.contains { $0.hasPrefix("Cause: numerics: ") } == true)
        #expect(document.omissions.contains { $0.what == "steps after 3" })
        #expect(document.omissions.contains { $0.what == "who made the run" })
        // Made from the report itself it is the same page.
        #expect(document.difference?.finding == AuditSummary(report).difference?.finding)
        #expect(
            document.omissions == AuditSummary(report).omissions && document.sentence == AuditSummary(report).sentence)

        // With the drift beside it the audit went on to the end.
        guard case .object(var object) = report.json else { return }
        var drift = Drift(run: "run-1")
        drift.steps = DriftMaterial.drift(steps: 8, layers: 3, first: 3)
        object["drift"] = drift.json
        let through = try AuditSummary(json: read(.object(object)))
        #expect(through.drift == drift.steps && through.difference?.kind?.hasPrefix("step 3, phase ") == true)
        #expect(!through.omissions.contains { $0.what == "steps after 3" })
    }

    @Test func partsOfARunAreNotTheWhole() throws {
        var facts = Judgement.Facts(demanded: 10, first: 5, last: 6)
        facts.compared = 2
        var report = AuditReport(run: "run-1", Judgement(facts))
        (report.steps, report.equalSteps, report.evidence, report.contract) = (10, 2, [.ledger], "ref-1")
        guard case .object(var object) = report.json else { return }
        object["segment"] = ["first": 5, "last": 6, "checkpoint": 4]
        let part = JSONValue.object(object)
        let document = try AuditSummary(json: read(part))
        #expect(document.omissions.contains { $0.what == "steps outside 5..6" })
        let sample = SampleReport(
            run: "run-1", steps: 10, plan: SegmentPlan(steps: 10, checkpoints: [4, 6]), seed: "s|eed",
            results: [try SegmentResult(json: read(part), steps: 5...6, contract: "ref-1")])
        let sampled = try AuditSummary(json: read(sample.json))
        #expect(sampled.omissions.contains { $0.what == "2 of 3 segments" && $0.why.contains("s|eed") })
        let drawn = try #require(sampled.parts.first)
        #expect(sampled.parts.count == 1 && drawn.first == 5 && drawn.last == 6)
        #expect(drawn.verdict == .reproduced && drawn.summary == nil)
    }

    /// A file that says more than its own figures do is no audit's.
    @Test(
        arguments: [
            ("equal_steps", 1), ("steps", 0), ("evidence", []), ("evidence", ["the moon"]), ("verdict", "fine"),
        ] as [(String, JSONValue)])
    func aPassThatComparedTooLittleIsRefused(member: String, value: JSONValue) throws {
        let honest: JSONObject = [
            "schema": 1, "run": "r", "verdict": "reproduced", "evidence": ["ledger"], "steps": 2, "equal_steps": 2,
        ]
        _ = try AuditSummary(json: read(.object(honest)))
        var object = honest
        object[member] = value
        #expect(throws: JSONShapeError.self) { try AuditSummary(json: read(.object(object))) }
    }

    @Test func tamperedAndIncomparableAudits() throws {
        for (verdict, status) in [(Verdict.tampered, Status.tampered), (.incomparable, .open)] {
            let error = TamperError(file: "f", run: "r", step: nil, field: "why", expected: "a", found: "b")
            let judgement = try #require(verdict == .tampered ? Judgement(error) : .incomparable("why"))
            let document = try AuditSummary(json: read(AuditReport(run: "r", judgement).json))
            #expect(document.verdict == verdict)
            #expect(document.omissions.contains { $0.what == "the replay" && $0.why == judgement.reason })
            #expect(document.sentence.contains("why"))
            #expect(document.verdict.conclusion(document.sentence).status == status)
        }
    }

    @Test func differenceOfRuns() throws {
        var difference = RunDifference(left: "a", right: "b")
        difference.inputs = DocumentDifference.all(
            ["recipe": ["optimizer": ["lr": "0x3f50624dd2f1a9fc"]]], ["recipe": ["optimizer": [:]]])
        difference.divergence = Divergence(step: 1, phase: .update, tensor: "optimizer", expected: "x", found: "y")
        (difference.cause, difference.commonSteps, difference.equalSteps) = (.recipe, 3, 0)
        difference.notCompared = ["operators: --no-rerun"]
        let cursor = try read(difference.json)
        #expect(RunDifference.isDifference(cursor.value) && !AuditSummary.isAudit(cursor))
        let again = try RunDifference(json: cursor)
        #expect(again.json == difference.json && again.finding == difference.finding)
        let finding = again.finding
        #expect(finding.unchecked == [.init("operators", "--no-rerun")])
        #expect(finding.conclusion?.word == "different" && finding.conclusion?.status == .differs)
        #expect(finding["first-difference"]?.says.contains("Cause: recipe.") == true)
        #expect(finding["inputs"]?.table?.rows == [["recipe.optimizer.lr", "0.001", "nothing", "input"]])
        // A verdict that the rest does not bear out is none.
        for (member, value) in [("verdict", "reproduced"), ("same", true)] as [(String, JSONValue)] {
            guard case .object(var object) = difference.json else { return }
            object[member] = value
            #expect(throws: JSONShapeError.self) { try RunDifference(json: read(.object(object))) }
        }
    }

    /// All that a report of two runs may say.
    @Test func differencesOfRunsReadBack() throws {
        var tampered = RunDifference(left: "a", right: "b")
        tampered.tampering = "a: a link does not hold"
        var same = RunDifference(left: "a", right: "b")
        same.comparesOutcomes = true
        var longer = RunDifference(left: "a", right: "b")
        (longer.commonSteps, longer.equalSteps, longer.unlike) = (2, 2, ["step 3 of b"])
        longer.outcome = DocumentDifference.all(["steps": 2], ["steps": 3])
        var contracts = RunDifference(left: "a", right: "b")
        contracts.inputs = DocumentDifference.all(["contract": "ref-1", "seed": 1], ["contract": "ref-9", "seed": 2])
        #expect(contracts.verdict == .incomparable)
        let conclusion = contracts.finding.conclusion
        #expect(conclusion?.sentence.contains("b was recorded under ref-9") == true && conclusion?.status == .open)
        for difference in [tampered, same, longer, contracts, RunDifference(left: "a", right: "b")] {
            let again = try RunDifference(json: read(difference.json))
            #expect(again.verdict == difference.verdict && again.json == difference.json)
            #expect(again.finding == difference.finding)
        }
    }
}
