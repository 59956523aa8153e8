import Audit
import Compute
import Core
import Foundation
import Ledger
import Testing
import Training

/// The forged runs of `Tests/Scale/walk.sh`: `SMPO_WALK` is a folder with `recipe.yaml`, whose run keeps its gradients, has two steps or
/// more, and lanes. In each something goes wrong in step 2: in its sum of lanes, in lane 2's root, in its update, in a gradient that
/// was kept of it.
@Suite struct WalkScaleTests {
    private static let folder = ProcessInfo.processInfo.environment["SMPO_WALK"]

    /// The first text whose draw is as wanted.
    private func seed(
        steps: Int = 0, lanes: Int = 0, _ recipe: Recipe, _ isWanted: (UnitDraw) -> Bool
    ) throws -> String {
        try #require(
            (0..<1000).lazy.map { "\($0)" }.first {
                isWanted(
                    UnitDraw(
                        steps: steps, lanes: lanes, ofSteps: recipe.training.steps, lanesEach: recipe.training.lanes,
                        seed: $0))
            })
    }

    /// Each is found where what is wrong is drawn, and not where it is not; tampering and wrong updates whatever is drawn.
    @Test(.enabled(if: folder != nil), arguments: ForgedWalk.Wrong.allCases.filter { $0 != .nothing })
    func aForgedRunIsFoundWhenItIsDrawn(wrong: ForgedWalk.Wrong) throws {
        let folder = try #require(Self.folder)
        let before = FileManager.default.currentDirectoryPath
        #expect(FileManager.default.changeCurrentDirectoryPath(folder))
        defer { _ = FileManager.default.changeCurrentDirectoryPath(before) }
        let workspace = Workspace(root: "\(folder)/forged-\(wrong.rawValue)")
        let engine = Engine()
        defer { engine.stop() }
        let recipe = try Recipe.read(path: "recipe.yaml")
        func tell(_ what: String, since begin: ContinuousClock.Instant) {
            let seconds = (ContinuousClock.now - begin) / .seconds(1)
            print("\(wrong.rawValue): \(what), \((seconds * 10).rounded() / 10) s")
        }
        var begin = ContinuousClock.now
        try ForgedWalk(wrong, step: 2, lane: 2).record(
            try TrainingSession(recipe: recipe, engine: engine), in: workspace, as: "forged")
        tell("recorded", since: begin)

        func audit(
            steps: Int = 0, lanes: Int = 0, _ expected: Verdict, _ isWanted: (UnitDraw) -> Bool
        ) throws {
            let seed = try seed(steps: steps, lanes: lanes, recipe, isWanted)
            begin = ContinuousClock.now
            let report = try Auditor(workspace: workspace, engine: engine).audit(
                "forged", drawingSteps: steps, lanes: lanes, seed: seed)
            #expect(report.verdict == expected, "\(report.json.pretty)")
            #expect(expected != .diverged || report.divergence?.step == 2)
            let drawn = report.draw.map { $0.units.map(\.text).joined(separator: ", ") } ?? ""
            tell(
                "drawn \(drawn.isEmpty ? "nothing" : drawn): \(report.verdict.rawValue)"
                    + (report.divergence.map { ", \($0.description)" } ?? report.judgement.reason.map { ", \($0)" }
                        ?? ""),
                since: begin)
        }
        switch wrong {
        case .nothing: break
        case .gradient:
            try audit(steps: 1, .reproduced) { $0.steps == [1] }
            try audit(lanes: 1, .reproduced) { $0.lanes.first?.step == 2 }
            try audit(steps: 1, .diverged) { $0.steps == [2] }
        case .laneRoot:
            try audit(lanes: 1, .reproduced) { $0.lanes.first.map { $0.step == 2 && $0.lane == 3 } == true }
            try audit(lanes: 1, .diverged) { $0.lanes.first.map { $0.step == 2 && $0.lane == 2 } == true }
        case .update: try audit(.diverged) { _ in true }
        case .keptGradient: try audit(.tampered) { _ in true }
        }
    }
}
