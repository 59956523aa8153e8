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
    /// What goes wrong in step 2 while a run is recorded; all digests and links hold.
    private enum Wrong { case nothing, gradient, laneRoot, update, keptGradient }

    /// Hands everything on, and changes the root of lane 2 of a step.
    private final class Forger: StepObserver {
        let builder: TraceBuilder
        var forges = false

        init(_ engine: Engine) { builder = TraceBuilder(keeps: [.inversion, .gradient], engine: engine) }

        func observe(_ phase: Phase, _ entry: TraceEntry) {
            let key = Entries.Gradient.lanes[LaneName(2)]
            builder.observe(phase, forges && entry.name == key.name ? key(Digest.of(.document, "forged")) : entry)
        }

        func observe(_ key: RecordKey<RecordedTensor>, _ tensor: Tensor) { builder.observe(key, tensor) }

        func observe(_ keys: RecordKeys<ParameterName, RecordedTensor>, _ tensors: [(name: String, tensor: Tensor)]) {
            builder.observe(keys, tensors)
        }

        func observeInversion(items: Range<Int>, move: Int, _ step: Diffusion.InversionStep) {
            builder.observeInversion(items: items, move: move, step)
        }

        func willUpdate() { builder.willUpdate() }
    }

    /// Records a run of four steps of five pairs in three lanes with its gradients.
    private func with<Result>(
        _ wrong: Wrong = .nothing, _ more: String = "", _ optimizer: String = "", _ training: String = "",
        _ body: (RecordedRun) throws -> Result
    ) throws -> Result {
        try RecordedRun.with({ runs, _ in try runs.base(steps: 1) }) { run in
            let path = try run.runs.recipe(
                "name: dpo", steps: 4, more: "\(more)\nrecord: {gradients: true}", optimizer: optimizer,
                training: ", lanes: 3\(training)")
            let recipe = try Recipe.read(path: path, overrides: ["training.pairs_per_step=5"])
            let session = try TrainingSession(recipe: recipe, engine: run.engine)
            let recording = RunRecording(
                session: session, workspace: run.workspace, circumstances: RecordedRun.circumstances)
            if wrong == .nothing {
                _ = try recording.record(
                    name: "walked", taken: [], started: { _ in }, onStep: { _, _ in }, shouldStop: { false })
                return try body(run)
            }
            let recorder = try run.workspace.openLedger().createRun(
                inputs: session.inputs, circumstances: RecordedRun.circumstances, name: "walked")
            try recorder.record(session.data.ledgerItems)
            let forger = Forger(run.engine)
            let trained = session.trainer.model.parameters[0].parameter
            func flip(_ tensor: Tensor?) {
                tensor?.changeValues { $0[0] = Float(bitPattern: $0[0].bitPattern ^ 1 << 10) }
            }
            for step in 1...4 {
                forger.forges = step == 2 && wrong == .laneRoot
                _ = try session.trainer.computeGradients(try session.batches.batch(step), observer: forger)
                if step == 2, wrong == .gradient { flip(trained.gradient) }
                _ = try session.trainer.applyGradients(observer: forger)
                if step == 2, wrong == .update { flip(trained.value) }
                if step == 2, wrong == .keptGradient {
                    flip(forger.builder.kept.first { $0.phase == .gradient }?.tensor)
                }
                try recording.commit(forger.builder, to: recorder)
            }
            let manifest = try recorder.finish(
                weightsDigest: try session.trainer.weightsDigest(), files: try session.fileDigests())
            try manifest.write(to: run.workspace.manifest("walked"))
            return try body(run)
        }
    }

    private func audit(_ run: RecordedRun, steps: Int = 0, lanes: Int = 0, seed: String = "x") throws -> UnitReport {
        try Auditor(workspace: run.workspace, engine: run.engine).audit(
            "walked", drawingSteps: steps, lanes: lanes, seed: seed)
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
            let opened = try Run("walked", in: run.workspace)
            let model = try TrainingSession(recipe: opened.recipe, engine: run.engine).trainer.model
            let place = try #require(
                try run.workspace.openLedger().storedTensors(of: "walked", step: 2).first { $0.phase == .gradient })
            #expect(try KeptGradients(of: 2, opened).put(into: model) == nil)
            try run.flip(run.workspace.objects.path(of: place.object), at: place.offset)
            let error = #expect(throws: TamperError.self) { try KeptGradients(of: 2, opened).put(into: model) }
            #expect(error?.description.contains("the kept gradient of \(place.name)") == true)
        }
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
