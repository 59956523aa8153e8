import Audit
import Checkpoints
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// Parts of a run, replayed from the checkpoints before them.
@Suite struct SegmentTests {
    private func audit(
        _ run: RecordedRun, _ steps: ClosedRange<Int>, of name: String = "run-1"
    ) throws -> AuditReport {
        try Auditor(workspace: run.workspace, engine: run.engine).audit(name, segment: steps)
    }

    /// A run of seven steps with checkpoints after 2, 4, 6 and 7.
    private func withRun(_ body: (RecordedRun) throws -> Void) throws {
        try RecordedRun.with(
            { runs, _ in
                try runs.smpo(steps: 7, more: "record: {checkpoint_every: 2}", training: ", ema: 0.9")
            }, body)
    }

    @Test func everyPartIsReproduced() throws {
        try withRun { run in
            for (steps, checkpoint) in [(1...2, 0), (3...4, 2), (4...4, 2), (5...7, 4), (7...7, 6), (2...6, 0)] {
                var seen: [Int] = []
                let report = try Auditor(workspace: run.workspace, engine: run.engine).audit("run-1", segment: steps) {
                    seen.append($0)
                    #expect($1 == steps.upperBound - checkpoint)
                }
                #expect(report.verdict == .reproduced, "\(steps): \(report.reason ?? "")")
                #expect(report.segment?.steps == steps && report.segment?.checkpoint == checkpoint)
                #expect(report.equalSteps == steps.upperBound - checkpoint)
                #expect(seen == Array(1...steps.upperBound - checkpoint))
                #expect(report.evidence == (steps.upperBound == 7 ? [.ledger, .chainHead] : [.ledger]))
                // The last part ends as the whole run does.
                #expect(report.chainHead == (steps.upperBound == 7 ? run.manifest.outcome?.chainHead : nil))
            }
            #expect(throws: SegmentError.self) { try audit(run, 5...8) }
        }
    }

    /// A pass counts for the run's contract only, and not where the report does not say under which it was replayed.
    @Test func aPassUnderAnotherContractIsRefused() throws {
        try withRun { run in
            let report = try audit(run, 3...4)
            #expect(report.verdict == .reproduced && report.contract == "ref-1")
            func result(_ json: JSONValue, _ contract: String) throws -> SegmentResult {
                try SegmentResult(json: JSONCursor(json, name: "report"), steps: 3...4, contract: contract)
            }
            #expect(try result(report.json, "ref-1").verdict == .reproduced)
            let error = try #require(throws: JSONShapeError.self) { try result(report.json, "ref-9") }
            #expect("\(error)".contains("ref-9") && "\(error)".contains("ref-1"))
            guard case .object(var object) = report.json else { return }
            object["contract"] = nil
            #expect(throws: JSONShapeError.self) { try result(.object(object), "ref-1") }
        }
    }

    /// Without a ledger a part begins at the beginning; with the manifest alone only the end can be compared.
    @Test func withoutCheckpointsAndWithoutRecords() throws {
        try withRun { run in
            try run.promote()
            try run.removeLedger()
            let golden = try audit(run, 3...4)
            #expect(golden.verdict == .reproduced && golden.segment?.checkpoint == 0 && golden.equalSteps == 4)
            try FileManager.default.removeItem(atPath: run.workspace.golden("run-1"))
            #expect(try audit(run, 3...4).verdict == .incomparable)
            #expect(try audit(run, 3...7).verdict == .reproduced)
        }
    }

    /// A run whose fourth step was recorded otherwise than it was computed: found by its part, and by no other.
    @Test func aWrongStepIsFoundInItsPart() throws {
        try withRun { run in
            let (store, recipe) = (try run.workspace.openLedger(), run.manifest)
            let recorder = try store.createRun(
                inputs: recipe.inputs, circumstances: RecordedRun.circumstances, name: "forged")
            for step in try run.traces() {
                guard step.record.step == 4, case .float32(let bits)? = step.record[.gradient]?["norm"]?.value else {
                    try recorder.append(step)
                    continue
                }
                try recorder.append(try step.replacing(.gradient, TraceEntry("norm", .float32([bits[0] ^ 1]))))
            }
            for checkpoint in try store.checkpoints(of: "run-1") { try recorder.record(checkpoint) }
            _ = try recorder.finish(
                weightsDigest: try #require(run.manifest.outcome?.weightsDigest),
                files: try #require(run.manifest.outcome?.files))
            #expect(try audit(run, 1...2, of: "forged").verdict == .reproduced)
            #expect(try audit(run, 5...6, of: "forged").verdict == .reproduced)
            let report = try audit(run, 3...4, of: "forged")
            #expect(report.verdict == .diverged && report.divergence?.step == 4 && report.equalSteps == 1)
            #expect(report.divergence?.phase == .gradient && report.divergence?.element?.ulp == 1)
        }
    }

    /// A checkpoint of another state, its object's name made anew, does not become the start of a replay.
    @Test func aForgedCheckpointIsNotReplayed() throws {
        try withRun { run in
            // In format 3 the outcome knows the object.
            try run.makeFormatTwo()
            let checkpoint = try #require(try run.workspace.openLedger().checkpoints(of: "run-1").first)
            let file = try Checkpoint(safetensors: run.workspace.objects.path(of: checkpoint.object))
            let tensors = try file.names.map { (name: $0, tensor: try file.tensor(named: $0).copy()) }
            tensors[0].tensor.hostValues[0] += 1
            let path = run.runs.path("forged.safetensors")
            try Safetensors.write(
                tensors: tensors, metadata: Dictionary(uniqueKeysWithValues: file.metadata.map { ($0.key, $0.value) }),
                to: path)
            let object = try run.workspace.objects.put(file: path)
            try run.sql("UPDATE checkpoints SET object = x'\(object.hex)' WHERE step = 2")
            let report = try audit(run, 3...4)
            #expect(report.verdict == .tampered && report.reason?.contains("step 2") == true, "\(report.reason ?? "")")
            #expect(try audit(run, 5...6).verdict == .reproduced)
        }
    }
}

/// How runs are cut, and what a draw promises.
@Suite struct SegmentPlanTests {
    @Test func partsAreWhatLiesBetweenCheckpoints() {
        #expect(SegmentPlan(steps: 7, checkpoints: [2, 4, 6, 7]).segments == [1...2, 3...4, 5...6, 7...7])
        #expect(SegmentPlan(steps: 7, checkpoints: []).segments == [1...7])
        #expect(SegmentPlan(steps: 1, checkpoints: [1]).segments == [1...1])
        #expect(SegmentPlan(steps: 0, checkpoints: []).segments.isEmpty)
    }

    /// The same for one seed, another for another, all places alike often.
    @Test func drawsAreFair() {
        let plan = SegmentPlan(steps: 10, checkpoints: Array(1...10))
        #expect(plan.draw(4, seed: .sha256([1])) == plan.draw(4, seed: .sha256([1])))
        #expect(plan.draw(99, seed: .sha256([1])) == plan.segments)
        var counts = [Int](repeating: 0, count: 11)
        for seed in 0..<2000 {
            let drawn = plan.draw(3, seed: .of(.document, "\(seed)"))
            #expect(Set(drawn).count == 3)
            for steps in drawn { counts[steps.lowerBound] += 1 }
        }
        // 600 each are expected; the standard deviation is 20.5.
        for step in 1...10 { #expect((510...690).contains(counts[step]), "step \(step): \(counts[step])") }
    }

    /// Against counting all draws, and the 59 draws for 95 % that a share of one in twenty needs.
    @Test func chancesAreThoseOfAllDraws() {
        for count in 1...9 {
            for wrong in 1...count {
                for drawn in 1...count {
                    var (found, all) = (0, 0)
                    for set in 0..<1 << count where set.nonzeroBitCount == drawn {
                        all += 1
                        if set & (1 << wrong - 1) != 0 { found += 1 }
                    }
                    let chance = SegmentPlan.chance(drawn: drawn, of: count, wrong: wrong)
                    #expect(abs(chance - Double(found) / Double(all)) < 1e-12)
                }
            }
        }
        #expect(SegmentPlan.draws(for: 0.95, of: 100_000, wrong: 5_000) == 59)
        #expect(SegmentPlan.draws(for: 0.95, of: 6, wrong: 1) == 6)
        #expect(SegmentPlan.wrong(share: 0.05, of: 6) == 1)
    }
}
