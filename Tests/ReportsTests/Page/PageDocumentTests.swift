import Audit
import Comparison
import Core
import Ledger
import Testing

@testable import Reports

/// The documents of `smpo audit --json` and `smpo diff --json`, read again.
@Suite struct PageDocumentTests {
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
        #expect(AuditDocument.isAudit(cursor) && !RunDifferenceDocument.isDifference(cursor))
        let document = try AuditDocument(json: cursor)
        #expect(document.difference?.element?.place == "[0, 1, 1]" && document.difference?.lastEqual == 2)
        #expect(document.difference?.sentences.contains { $0.hasPrefix("Cause: numerics: ") } == true)
        #expect(document.omissions.contains { $0.what == "steps after 3" })
        #expect(document.omissions.contains { $0.what == "who made the run" })

        // With the drift beside it the audit went on to the end.
        guard case .object(var object) = report.json else { return }
        var drift = Drift(run: "run-1")
        drift.steps = PageMaterial.drift(steps: 8, layers: 3, first: 3)
        object["drift"] = drift.json
        let through = try AuditDocument(json: read(.object(object)))
        #expect(through.drift == drift.steps && through.difference?.kind?.hasPrefix("step 3, phase ") == true)
        #expect(!through.omissions.contains { $0.what == "steps after 3" })
    }

    @Test func partsOfARunAreNotTheWhole() throws {
        var facts = Judgement.Facts(demanded: 10, first: 5, last: 6)
        facts.compared = 2
        var report = AuditReport(run: "run-1", Judgement(facts))
        (report.steps, report.equalSteps, report.evidence) = (10, 2, [.ledger])
        guard case .object(var object) = report.json else { return }
        object["segment"] = ["first": 5, "last": 6, "checkpoint": 4]
        let part = JSONValue.object(object)
        let document = try AuditDocument(json: read(part))
        #expect(document.omissions.contains { $0.what == "steps outside 5..6" })
        let sample = SampleReport(
            run: "run-1", steps: 10, plan: SegmentPlan(steps: 10, checkpoints: [4, 6]), seed: "s|eed",
            results: [try SegmentResult(json: read(part), steps: 5...6)])
        let sampled = try AuditDocument(json: read(sample.json))
        #expect(sampled.omissions.contains { $0.what == "2 of 3 segments" && $0.why.contains("s|eed") })
        #expect(sampled.parts == [.init(first: 5, last: 6, verdict: .reproduced, summary: nil)])
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
        _ = try AuditDocument(json: read(.object(honest)))
        var object = honest
        object[member] = value
        #expect(throws: JSONShapeError.self) { try AuditDocument(json: read(.object(object))) }
    }

    @Test func tamperedAndIncomparableAudits() throws {
        for (verdict, tone) in [(Verdict.tampered, PageVerdict.Tone.bad), (.incomparable, .open)] {
            let error = TamperError(file: "f", run: "r", step: nil, field: "why", expected: "a", found: "b")
            let judgement = try #require(verdict == .tampered ? Judgement(error) : .incomparable("why"))
            let document = try AuditDocument(json: read(AuditReport(run: "r", judgement).json))
            #expect(document.verdict == verdict)
            #expect(document.omissions.contains { $0.what == "the replay" && $0.why == judgement.reason })
            #expect(document.sentence.contains("why"))
            #expect(PageVerdict(document.verdict, document.sentence).tone == tone)
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
        #expect(RunDifferenceDocument.isDifference(cursor) && !AuditDocument.isAudit(cursor))
        let document = try RunDifferenceDocument(json: cursor)
        #expect(document.omissions == [.init("operators", "--no-rerun")])
        #expect(document.verdict.word == "different" && document.difference?.cause == "recipe")
        let table = InputDifferences(document.entries, names: document.names).table(PageDetail())
        #expect(table?.rows == [["recipe.optimizer.lr", "0.001", "nothing", "input"]])
    }

    @Test func differenceOfCheckpoints() throws {
        func tensor(_ name: String, _ relative: JSONValue, _ ulp: JSONValue) -> JSONValue {
            [
                "name": .string(name), "verdict": "different", "passes": false, "unequal": 3,
                "measures": [
                    "elements": 4, "ulp_max": ulp, "abs_max": .decimal(0.5), "relative_l2": relative,
                    "ulp_histogram": [1, 2, 0, 1], "ulp_nan_to_number": 0,
                ],
            ]
        }
        let side: JSONValue = ["path": "a<b", "container": "safetensors", "tensors": 3, "elements": 12, "bytes": 48]
        let value: JSONValue = [
            "schema": "smpo/checkpoint-diff/1", "verdict": "different", "passes": false, "left": side, "right": side,
            "tensors": ["compared": 3, "differing": 2, "failing": 2],
            "differences": [
                tensor("unet/down_blocks.0.resnets.0.conv1.weight", .decimal(0.1), 7),
                tensor("unet/up_blocks.1.attentions.0.norm.bias", "inf", "max"),
            ],
            "policy": [
                "tolerance": "ulp:2", "ignore_metadata": false, "allow_rename": false, "only": [],
                "rules": [["pattern": "*.bias", "tolerance": "ignore"]],
            ],
            "metadata": [["key": "k", "left": "1", "right": .null]], "notes": ["a note"],
        ]
        let section = try CheckpointSection(json: read(value))
        #expect(section.sentences[0] == "2 of 3 tensors differ, in 6 elements.")
        #expect(section.tensors[1].maxULP == .max && section.tensors[1].relativeL2 == .infinity)
        #expect(section.table(PageDetail())?.rows[0][0] == "unet/up_blocks.1.attentions.0.norm.bias")
        #expect(section.omissions.map(\.what).prefix(2) == ["tensors named *.bias", "differences within ulp:2"])
        let html = section.drawing(PageDetail())
        #expect(
            html.contains("unet/down_blocks.0 resnet")
                && html.components(separatedBy: "<figure class=\"distances\"").count == 3)
        guard case .object(var object) = value else { return }
        // Files that were not compared leave the verdict open, and are named.
        (object["verdict"], object["differences"]) = ("incomplete", [])
        object["files"] = [
            ["path": "m.onnx", "sides": "B", "outcome": "not compared", "why": "ONNX"],
            ["path": "README.md", "sides": "A and B", "outcome": "harmless", "why": "a document"],
        ]
        let open = try CheckpointSection(json: read(.object(object)))
        #expect(open.pageVerdict.tone == .open && open.pageVerdict.word == "incomplete")
        #expect(open.sentences[0].hasSuffix(" Not compared: 1 of the files that can hold weights."))
        #expect(open.omissions.map(\.what).prefix(2) == ["m.onnx (B)", "README.md (A and B)"])
        object["schema"] = "smpo/checkpoint-diff/2"
        #expect(throws: JSONShapeError.self) { try CheckpointSection(json: read(.object(object))) }
    }
}
