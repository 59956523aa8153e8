import Comparison
import Compute
import Core
import Diffusion
import Foundation
import Ledger
import Testing
import TinyRuns

@testable import Audit
@testable import Training

/// Audits by a walk over kept gradients, with drawn steps and lanes.
@Suite struct WalkTests {
    /// Records a run of four steps of five pairs in three lanes with its gradients.
    private func with<Result>(
        _ wrong: ForgedWalk.Wrong = .nothing, _ more: String = "", _ optimizer: String = "", _ training: String = "",
        _ body: (RecordedRun) throws -> Result
    ) throws -> Result {
        try RecordedRun.with({ runs, _ in try runs.base(steps: 1) }) { run in
            let path = try run.runs.recipe(
                "name: dpo", steps: 4, more: "\(more)\nrecord: {gradients: true}", optimizer: optimizer,
                training: ", lanes: 3\(training)")
            let recipe = try Recipe.read(path: path, overrides: ["training.pairs_per_step=5"])
            let session = try TrainingSession(recipe: recipe, engine: run.engine)
            try ForgedWalk(wrong, step: 2, lane: 2).record(session, in: run.workspace, as: "walked")
            return try body(run)
        }
    }

    private func audit(_ run: RecordedRun, steps: Int = 0, lanes: Int = 0, seed: String = "x") throws -> UnitReport {
        let auditor = Auditor(workspace: run.workspace, engine: run.engine)
        let report = try auditor.audit("walked", drawingSteps: steps, lanes: lanes, seed: seed)
        let parts = try audit(inParts: run, steps: steps, lanes: lanes, seed: seed)
        #expect(parts.json.pretty == report.json.pretty)
        #expect(UnitTextForm(parts) == UnitTextForm(report))
        return report
    }

    /// What the texts of a report are made of and its JSON form is not.
    private struct UnitTextForm: Equatable {
        let draw: UnitDraw?, divergence: Divergence?
        init(_ report: UnitReport) { (draw, divergence) = (report.draw, report.divergence) }
    }

    /// The same by a walk that leaves files, and each unit by itself from these, all of which travels as JSON.
    private func audit(
        inParts run: RecordedRun, steps: Int, lanes: Int, seed: String, _ spoil: (String) throws -> Void = { _ in }
    ) throws -> UnitReport {
        func read(_ value: JSONValue) throws -> JSONCursor {
            JSONCursor(try JSONValue.parse(Array(value.pretty.utf8), file: "part"), name: "part")
        }
        let auditor = Auditor(workspace: run.workspace, engine: run.engine)
        let audit: UnitAudit
        do {
            let opened = try Run("walked", in: run.workspace, reading: .none)
            switch try auditor.plan(opened, drawingSteps: steps, lanes: lanes, seed: seed) {
            case .done(let report): return report
            case .open(let found): audit = try UnitAudit(request: read(found.request))
            }
        } catch {
            return UnitReport(run: "walked", try #require(Judgement(error)))
        }
        let folder = run.runs.path("states-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let walk = try auditor.walk(
            "walked", drawingSteps: steps, lanes: lanes, seed: seed, leaving: WalkStates(folder))
        try spoil(folder)
        var units: [DrawnUnit: UnitResult] = [:]
        for unit in audit.draw.units {
            let found = try auditor.audit("walked", unit, from: WalkStates(folder))
            units[unit] = try UnitResult(
                json: read(found.result.json(run: "walked", contract: found.contract)), unit, run: "walked",
                contract: audit.contract)
        }
        let states = walk.states
        return try audit.report(
            try WalkResult(
                json: read(walk.result.json(run: "walked", contract: walk.contract, states: states)), run: "walked",
                contract: audit.contract), units)
    }

    /// A seed whose draw is as wanted.
    private func seed(steps: Int = 0, lanes: Int = 0, _ isWanted: (UnitDraw) -> Bool) throws -> String {
        try #require(
            (0..<1000).lazy.map { "\($0)" }.first {
                isWanted(UnitDraw(steps: steps, lanes: lanes, ofSteps: 4, lanesEach: 3, seed: $0))
            })
    }

    /// Adapters and weights, optimisers with and without factors, an average and a reference that moves.
    @Test(arguments: [
        ("lora: {rank: 1, targets: [to_q]}", "", ", ema: 0.9"), ("", ", name: adafactor, clip: 0.01", ""),
        ("", ", schedule: cosine", ", reference_ema: 0.9, reference_ema_every: 2"),
    ]) func everyUpdateOfARunIsReproduced(more: String, optimizer: String, training: String) throws {
        try with(.nothing, more, optimizer, training) { run in
            let report = try audit(run, steps: 1, lanes: 3)
            #expect(report.verdict == .reproduced, "\(report.json.pretty)")
            #expect(report.updates == 4 && report.wholeSteps == 1 && report.lanes == 3)
            let draw = try #require(report.draw)
            #expect(draw.steps.count == 1 && draw.lanes.count == 3 && Set(draw.lanes.map { "\($0)" }).count == 3)
            // One of four steps, and three of twelve lanes, where one is wrong.
            #expect(report.stepChances.map { [Double($0.wrong), Double($0.count), $0.chance] } == [[1, 4, 0.25]])
            let lane = try #require(report.laneChances.first)
            #expect(lane.wrong == 1 && lane.count == 12 && abs(lane.chance - 0.25) < 1e-12)
            #expect(report.unchecked.contains { $0.hasPrefix("gradients of 3 steps") })
            #expect(report.unchecked.contains { $0.hasPrefix("sums of the lanes of 3 steps") })
            let all = try audit(run, steps: 9)
            #expect(all.verdict == .reproduced && all.wholeSteps == 4)
            // Only the model that it has handed over, which is not here.
            #expect(all.unchecked.count == 1 && all.unchecked[0].hasPrefix("model files: "), "\(all.unchecked)")
        }
    }

    /// A gradient that is not the lanes' sum, with an update that follows from it: only the whole step shows it.
    @Test func aWrongSumIsFoundWhenItsStepIsDrawn() throws {
        try with(.gradient) { run in
            #expect(try audit(run, lanes: 12).verdict == .reproduced)
            #expect(try audit(run, steps: 1, seed: seed(steps: 1) { $0.steps == [3] }).verdict == .reproduced)
            let found = try audit(run, steps: 1, seed: seed(steps: 1) { $0.steps == [2] })
            #expect(found.verdict == .diverged && found.divergence?.step == 2)
            #expect(found.divergence?.phase == .gradient, "\(String(describing: found.divergence))")
        }
    }

    @Test func aWrongLaneIsFoundWhenItIsDrawn() throws {
        try with(.laneRoot) { run in
            let without = try seed(lanes: 2) { !$0.lanes.contains { $0.step == 2 && $0.lane == 2 } }
            #expect(try audit(run, lanes: 2, seed: without).verdict == .reproduced)
            let found = try audit(
                run, lanes: 2, seed: seed(lanes: 2) { $0.lanes.contains { $0.step == 2 && $0.lane == 2 } })
            #expect(found.verdict == .diverged && found.divergence?.step == 2)
            #expect(found.divergence?.tensor == "lane 2")
        }
    }

    /// Whatever is drawn.
    @Test func aWrongUpdateIsFound() throws {
        try with(.update) { run in
            let found = try audit(run)
            #expect(found.verdict == .diverged && found.divergence?.step == 2 && found.updates == 1)
            #expect(found.divergence?.phase == .weights)
        }
    }

    /// Kept values that are not those of the record: seen when the run is opened, and, should they change after that, when
    /// they are read.
    @Test func aKeptGradientOfOthersBitsIsTampering() throws {
        try with(.keptGradient) { run in
            let found = try audit(run)
            #expect(found.verdict == .tampered)
            #expect(found.judgement.reason?.contains("(gradient, unet/") == true, "\(found.judgement)")
        }
        try with { run in
            let opened = try Run("walked", in: run.workspace, reading: .none)
            let model = try TrainingSession(recipe: opened.recipe, engine: run.engine).trainer.model
            let place = try #require(
                try run.workspace.openLedger().storedTensors(of: "walked", step: 2).first { $0.phase == .gradient })
            let object = run.workspace.objects.path(of: place.object)
            #expect(try KeptGradients(of: 2, opened).put(into: model) == nil)
            try run.flip(object, at: place.offset)
            let error = #expect(throws: TamperError.self) { try KeptGradients(of: 2, opened).put(into: model) }
            #expect(error?.file == object && error?.field == "object")
            #expect(try audit(run).judgement.reason?.contains(object) == true)
            try FileContents.remove([object])
            let gone = try audit(run, lanes: 3)
            #expect(gone.verdict == .incomparable && gone.judgement.reason?.contains("is missing") == true)
        }
    }

    /// A step whose update is wrong and a lane before it, a step that is tampered with and a lane behind it: the report is that of
    /// the first, wherever each was computed, and says what was not looked at any more.
    @Test func theFirstDifferenceCounts() throws {
        try with(.laneRoot) { run in
            let seed = try seed(lanes: 2) {
                $0.lanes.contains { $0.step == 2 && $0.lane == 2 } && $0.lanes.contains { $0.step == 4 }
            }
            let place = try #require(
                try run.workspace.openLedger().storedTensors(of: "walked", step: 3).first { $0.phase == .gradient })
            try run.flip(run.workspace.objects.path(of: place.object), at: place.offset)
            let found = try audit(run, lanes: 2, seed: seed)
            #expect(found.verdict == .diverged && found.divergence?.step == 2 && found.lanes == 0)
            #expect(
                found.unchecked.contains { $0.hasPrefix("what is stored of the steps after 1") }, "\(found.unchecked)")
            #expect(try audit(run, steps: 1, seed: self.seed(steps: 1) { $0.steps == [4] }).verdict == .tampered)
            #expect(try audit(run, steps: 1, seed: self.seed(steps: 1) { $0.steps == [3] }).verdict == .tampered)
        }
        try with(.update) { run in
            let found = try audit(run, steps: 1, lanes: 12, seed: seed(steps: 1) { $0.steps == [2] })
            #expect(found.verdict == .diverged && found.divergence?.phase == .weights && found.wholeSteps == 0)
            #expect(found.updates == 1 && found.lanes == 3)
        }
    }

    /// What a walk has left is held against the record: no other state is computed from.
    @Test(arguments: [true, false]) func aStateThatIsNotTheRecordsIsRefused(isWhole: Bool) throws {
        try with { run in
            let seed =
                try isWhole
                ? seed(steps: 1) { $0.steps == [3] } : seed(lanes: 1) { $0.lanes.contains { $0.step == 3 } }
            let (steps, lanes) = (isWhole ? 1 : 0, isWhole ? 0 : 1)
            let error = #expect(throws: WalkStates.Unusable.self) {
                try audit(inParts: run, steps: steps, lanes: lanes, seed: seed) { folder in
                    let file = "\(folder)/before-3.safetensors"
                    try run.flip(file, at: try #require(FileContents.size(file)) - 3)
                }
            }
            #expect(error?.description.contains("before-3.safetensors") == true, "\(String(describing: error))")
            // One that is not there is no pass.
            let gone = try audit(inParts: run, steps: steps, lanes: lanes, seed: seed) { folder in
                try FileContents.remove(["\(folder)/before-3.safetensors"])
            }
            #expect(gone.verdict == .incomparable)
            #expect(gone.judgement.reason == "the walk left no weights before step 3")
        }
    }

    /// A result of another unit, run or contract, or one that contradicts itself, is none.
    @Test func aPartThatIsNotTheUnitsIsRefused() throws {
        let unit = DrawnUnit(step: 3, lane: 2)
        let lane = UnitResult(unit, nil)
        func read(_ value: JSONValue, _ unit: DrawnUnit = DrawnUnit(step: 3, lane: 2)) throws -> UnitResult {
            try UnitResult(json: JSONCursor(value, name: "part"), unit, run: "a", contract: "ref-1")
        }
        #expect(try read(lane.json(run: "a", contract: "ref-1")) == lane)
        #expect(throws: JSONShapeError.self) { try read(lane.json(run: "b", contract: "ref-1")) }
        #expect(throws: JSONShapeError.self) { try read(lane.json(run: "a", contract: "ref-2")) }
        #expect(throws: JSONShapeError.self) {
            try read(lane.json(run: "a", contract: "ref-1"), DrawnUnit(step: 3))
        }
        var walk = WalkResult()
        walk.steps = 3
        guard case .object(var object) = walk.json(run: "a", contract: "ref-1", states: []) else {
            throw CancellationError()
        }
        object["verdict"] = "diverged"
        #expect(throws: JSONShapeError.self) {
            try WalkResult(json: JSONCursor(.object(object), name: "part"), run: "a", contract: "ref-1")
        }
        #expect(DrawnUnit("17/3")?.text == "17/3" && DrawnUnit("17")?.text == "17")
        for text in ["", "0", "3/0", "3/", "/3", "3/1/1", "a"] { #expect(DrawnUnit(text) == nil) }
    }

    @Test func whatCannotBeWalkedSaysSo() throws {
        try RecordedRun.with { run in
            let auditor = Auditor(workspace: run.workspace, engine: run.engine)
            let report = try auditor.audit("run-1", drawingSteps: 1, lanes: 0, seed: nil)
            #expect(report.verdict == .incomparable)
            #expect(report.judgement.reason?.contains("record.gradients") == true)
            #expect(throws: LaneError.self) { try auditor.audit("run-1", drawingSteps: 0, lanes: 1, seed: nil) }
        }
    }

    /// Draws are repeatable, differ by seed, and never have a unit twice.
    @Test func drawsAreOfTheSeed() {
        let draws = (0..<50).map { UnitDraw(steps: 3, lanes: 7, ofSteps: 10, lanesEach: 4, seed: "\($0)") }
        #expect(draws == (0..<50).map { UnitDraw(steps: 3, lanes: 7, ofSteps: 10, lanesEach: 4, seed: "\($0)") })
        #expect(Set(draws.map { "\($0.lanes)" }).count == 50)
        for draw in draws {
            #expect(Set(draw.steps).count == 3 && Set(draw.lanes.map { "\($0)" }).count == 7)
            #expect(draw.steps.allSatisfy { (1...10).contains($0) })
            #expect(draw.lanes.allSatisfy { (1...10).contains($0.step) && (1...4).contains($0.lane) })
        }
        #expect(Set(draws.flatMap(\.steps)).count == 10 && Set(draws.flatMap(\.lanes).map { "\($0)" }).count == 40)
    }
}
