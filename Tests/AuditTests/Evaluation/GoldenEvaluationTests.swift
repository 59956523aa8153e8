import Audit
import Core
import Foundation
import Ledger
import Testing

/// Golden evaluations among golden runs: what the gate finds, misses and says.
@Suite struct GoldenEvaluationTests {
    private static let path = URL(fileURLWithPath: #filePath).appendingPathComponent(
        "../../../../Golden/short-eval-sd/evaluation.json"
    ).standardizedFileURL.path

    /// A workspace with the golden run `run-1` and the golden evaluation `table`, both listed.
    private func with(_ body: (RecordedRun, Workspace) throws -> Void) throws {
        try RecordedRun.with { run in
            try run.promote()
            let workspace = run.workspace
            try FileContents.makeFolder(workspace.golden("table"))
            try FileManager.default.copyItem(atPath: Self.path, toPath: workspace.goldenEvaluation("table"))
            try AtomicFile.write("run-1\ntable\n", to: workspace.goldenList)
            try body(run, workspace)
        }
    }

    @Test func evaluationsAreFoundBesideRuns() throws {
        try with { _, workspace in
            let all = try GateSelection(workspace)
            #expect(all.runs == ["run-1"] && all.evaluations == ["table"] && all.names == ["run-1", "table"])
            #expect(all.missing.isEmpty)
            let runs = try GateSelection(workspace, patterns: ["run-*"])
            #expect(runs.evaluations.isEmpty && runs.notSelected == ["table"])
            #expect(try GateSelection(workspace, patterns: ["tab*"]).runs.isEmpty)
        }
    }

    @Test func whatIsMissingIsMissed() throws {
        try with { run, workspace in
            func missing(_ name: String) throws -> String { try GateSelection(workspace).missing[name] ?? "" }
            try AtomicFile.write("run-1\n", to: workspace.goldenList)
            #expect(try missing("table").contains("not listed"))
            try FileContents.remove([workspace.goldenList])
            #expect(try missing("table").contains("expected the list"))
            try AtomicFile.write("run-1\ntable\n", to: workspace.goldenList)
            // One folder cannot be both: a gate would look at one of them alone.
            try FileManager.default.copyItem(atPath: Self.path, toPath: workspace.goldenEvaluation("run-1"))
            #expect(try missing("run-1").contains("found both"))
            // An evaluation in the place of a run that was accepted is a run that is missing.
            var manifest = run.manifest
            manifest.run = "table"
            manifest.circumstances.other["accepted"] = ["acceptances": 1]
            try manifest.write(to: workspace.manifest("table"))
            #expect(try missing("table").contains("says was accepted, found an evaluation"))
            try FileContents.remove([workspace.manifest("table"), workspace.goldenEvaluation("table")])
            #expect(try missing("table").contains("nor an evaluation"))
        }
    }

    private func jobs(_ workspace: Workspace, workers: [Int] = [1, 3]) -> (jobs: [GateJob], failed: GateCase?) {
        switch GateJob.plan(evaluation: "table", isas: [.baseline], workers: workers, workspace) {
        case .jobs(let jobs): (jobs, nil)
        case .failed(let one): ([], one)
        }
    }

    @Test func itsWorkIsACheckInEachWay() throws {
        try with { _, workspace in
            let (jobs, failed) = jobs(workspace)
            #expect(failed == nil && jobs.map(\.way.workers) == [1, 3])
            #expect(
                jobs[1].job(workers: 2).commands[0].arguments == [
                    "eval", "--check", workspace.goldenEvaluation("table"), "--json", "--isa", "baseline", "--workers",
                    "3",
                ])
            try AtomicFile.write("workers: [2]\n", to: "\(workspace.golden("table"))/policy.yaml")
            #expect(self.jobs(workspace, workers: []).jobs.map(\.way.workers) == [2])
            for wrong in ["steps: 3\n", "recipe: unwatched\nreason: x\n", "recipe: {path: a.yaml}\n"] {
                try AtomicFile.write(wrong, to: "\(workspace.golden("table"))/policy.yaml")
                let failed = try #require(self.jobs(workspace).failed)
                #expect(failed.outcome == .trouble && failed.reason?.contains("isa and workers alone") == true)
                #expect(failed.place.file.hasSuffix("policy.yaml"))
            }
            try FileContents.remove(["\(workspace.golden("table"))/policy.yaml"])
            try AtomicFile.write("{}", to: workspace.goldenEvaluation("table"))
            let damaged = try #require(self.jobs(workspace).failed)
            #expect(damaged.outcome == .trouble && damaged.reason?.contains("report.schema") == true)
            #expect(damaged.place == (workspace.goldenEvaluation("table"), 1))
        }
    }

    private func read(_ members: [(String, JSONValue)]) throws -> GateCase {
        let record = try EvaluationRecord.read(Self.path)
        let object = JSONObject(
            [
                ("report", .string(Self.path)), ("verdict", "reproduced"), ("says", "4 pictures, 16 scores"),
                ("pictures", 4), ("scores", 16), ("kept", 0), ("digest", .digest(record.digest)),
                ("found_digest", .digest(record.digest)),
            ] + members)
        return try GateCase(
            evaluation: record, "table", way: GateWay(isa: .avx2, workers: 3), in: Workspace(),
            check: JSONCursor(.object(object), name: "check"))
    }

    @Test func aCheckBecomesACase() throws {
        let passed = try read([])
        #expect(passed.outcome == .reproduced && passed.unwatched == nil && passed.unchecked.isEmpty)
        let other = JSONValue.digest(.of(.document, "other"))
        let diverged = try read([("verdict", "diverged"), ("says", "the picture of prompt 2"), ("found_digest", other)])
        #expect(diverged.outcome == .diverged && diverged.place == ("Golden/table/evaluation.json", 1))
        #expect(try read([("verdict", "incomparable"), ("says", "unet")]).outcome == .incomparable)
        #expect(try read([("verdict", "tampered"), ("says", "digest")]).outcome == .tampered)
        // A check of another report, or one that did not make all of it, is no pass.
        #expect(try read([("kept", 2)]).outcome == .trouble)
        #expect(try read([("found_digest", .null)]).outcome == .trouble)
        for wrong in [("report", "x.json"), ("digest", other), ("pictures", 3), ("scores", 4)] as [(String, JSONValue)]
        {
            #expect(throws: JSONShapeError.self, "\(wrong)") { try read([wrong]) }
        }
        let report = GateReport([passed, diverged], version: "1")
        #expect(report.summary == "closed: 1 diverged, 1 reproduced")
        let finding = report.finding
        #expect(finding.children[0].conclusion?.sentence == "4 pictures, 16 scores")
        #expect(finding.children[1].conclusion?.sentence == "the picture of prompt 2")
        let facts = finding.children[1].facts.map { "\($0.name): \($0.value)" }
        #expect(facts.contains("first difference: the picture of prompt 2"))
        #expect(
            facts.contains("to see it again: smpo eval --check Golden/table/evaluation.json --isa avx2 --workers 3"))
        #expect(finding.advice?.contains("smpo eval --check Golden/table/evaluation.json --out") == true)
        #expect(try JSONCursor(diverged.json, name: "case")["evaluation"]["pictures"].int() == 4)
    }
}
