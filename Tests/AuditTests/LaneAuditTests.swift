import Audit
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// Audits of one lane of one step.
@Suite struct LaneAuditTests {
    private static let lanes = 3

    /// A run of four steps of five pairs in three lanes, with a checkpoint after step 2.
    private static func with<Result>(
        _ kind: String = "smpo", level: RecordLevel = .tensors, _ body: (RecordedRun) throws -> Result
    ) throws -> Result {
        try RecordedRun.with(
            { runs, _ in
                let recipe =
                    try kind == "pickscore"
                    ? runs.pickscore(steps: 4)
                    : runs.recipe(
                        "name: \(kind)", steps: 4, more: kind == "smpo" ? "inversion: {steps: 2}" : "")
                let text = String(decoding: try FileContents.read(recipe), as: UTF8.self)
                    .replacing("pairs_per_step: 3", with: "pairs_per_step: 5")
                    .replacing("training: {", with: "record: {checkpoint_every: 2}\ntraining: {lanes: \(lanes), ")
                return try runs.write(text, to: "lanes.yaml")
            }, level: level, body)
    }

    private func audit(_ run: RecordedRun, step: Int, lane: Int) throws -> LaneReport {
        try Auditor(workspace: run.workspace, engine: run.engine).audit("run-1", step: step, lane: lane)
    }

    @Test(arguments: ["smpo", "kto", "pickscore"]) func everyLaneIsReproduced(kind: String) throws {
        try Self.with(kind) { run in
            for (step, lane) in [(1, 1), (2, 3), (3, 2), (4, 1)] {
                let engine = Engine(isa: lane == 1 ? .baseline : .best, workers: lane)
                defer { engine.stop() }
                let report = try Auditor(workspace: run.workspace, engine: engine).audit(
                    "run-1", step: step, lane: lane)
                #expect(report.verdict == .reproduced, "\(report.json.pretty)")
                #expect(report.checkpoint == (step < 3 ? 0 : 2) && report.itemCount == 5)
                #expect(report.items.count == [1, 2, 2][lane - 1])
                #expect(report.entries > 5 && report.tensors > 5)
                #expect(report.unchecked.contains { $0.contains("2 lanes of step \(step), their sum") })
                #expect(report.unchecked.contains { $0.hasPrefix("the steps up to 2") } == (step > 2))
                #expect(report.unchecked.contains("the model that the run has handed over"))
            }
        }
    }

    /// A forged root is found by an audit of its lane, and by no other's.
    @Test func aForgedRootIsFoundInItsLane() throws {
        try Self.with { run in
            let forged = Digest.of(.document, "forged")
            try run.forge { step in
                step.record.step == 2
                    ? try step.replacing(.gradient, Entries.Gradient.lanes[LaneName(2)](forged)) : step
            }
            for lane in 1...Self.lanes {
                let report = try audit(run, step: 2, lane: lane)
                #expect(report.verdict == (lane == 2 ? .diverged : .reproduced))
                guard lane == 2 else { continue }
                #expect(report.divergence?.phase == .gradient && report.divergence?.tensor == "lane 2")
                #expect(report.divergence?.expected == forged.hex)
            }
            // On the way to a later step it is met as well.
            let later = try audit(run, step: 3, lane: 1)
            #expect(later.verdict == .diverged && later.divergence?.step == 2)
        }
    }

    /// What lanes do not see is a wrong sum of right lanes: that takes an audit of the whole step, as the report says.
    @Test func aForgedSumIsFoundInTheWholeStepAlone() throws {
        try Self.with { run in
            let forged = Digest.of(.document, "forged")
            try run.forge { step in
                guard step.record.step == 4, let name = step.tensors[.gradient]?.names.first else { return step }
                return try step.replacing(.gradient, name, by: forged)
            }
            for lane in 1...Self.lanes {
                let report = try audit(run, step: 4, lane: lane)
                #expect(report.verdict == .reproduced && report.unchecked.contains { $0.contains("their sum") })
            }
            let whole = try Auditor(workspace: run.workspace, engine: run.engine).audit("run-1", segment: 4...4)
            #expect(whole.verdict == .diverged && whole.divergence?.phase == .gradient)
        }
    }

    /// A prediction of the lane's own item, and one of another's.
    @Test func aForgedPredictionIsFoundInItsLane() throws {
        try Self.with("dpo") { run in
            try run.forge { step in
                step.record.step == 1
                    ? try step.replacing(.policy, "0002.loser", by: Digest.of(.document, "forged")) : step
            }
            #expect(try audit(run, step: 1, lane: 1).verdict == .reproduced)
            let report = try audit(run, step: 1, lane: 2)
            #expect(report.verdict == .diverged && report.divergence?.tensor == "0002.loser")
            #expect(report.divergence?.phase == .policy)
        }
    }

    /// Of a run that keeps no digests of single tensors the root of the gradients still speaks; the rest is said.
    @Test func withoutDigestsOfTensorsTheReportSaysSo() throws {
        try Self.with("dpo", level: .steps) { run in
            let report = try audit(run, step: 2, lane: 3)
            #expect(report.verdict == .reproduced)
            #expect(
                report.unchecked.contains { $0.hasPrefix("target, reference, policy: the record keeps no") })
        }
    }

    @Test func whatThereIsNotIsNamed() throws {
        try Self.with { run in
            let error = #expect(throws: LaneError.self) { try audit(run, step: 2, lane: 4) }
            #expect(error?.description == "run-1 has the lanes 1 to 3: there is no lane 4")
            #expect(throws: SegmentError.self) { try audit(run, step: 5, lane: 1) }
        }
        try RecordedRun.with { run in
            let error = #expect(throws: LaneError.self) { try audit(run, step: 2, lane: 1) }
            #expect(error?.description.contains("training.lanes is 1") == true)
        }
    }
}
