import Core
import Foundation
import Ledger
import Testing
import TinyRuns

@testable import Training

/// An interrupted run that is taken up again ends where an uninterrupted one ends.
@Suite struct ResumeTests {
    @Test(arguments: [(every: 2, stop: 2), (every: 2, stop: 3), (every: 0, stop: 2)])
    func theChainHeadIsThatOfAnUninterruptedRun(every: Int, stop: Int) throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo(
                steps: 4, more: "record: {checkpoint_every: \(every)}", training: ", ema: 0.99")
            let whole = try RunSupport.withSession(recipe) { try RunSupport.record($0, in: runs.path("whole")) }
            let folder = runs.path("parts")
            try RunSupport.recordInterrupted(recipe, in: folder, after: stop)
            let store = try Workspace(root: folder).openLedger()
            #expect(try store.verify("run-1").chain.count == stop)
            #expect(try store.run("run-1").state == .interrupted)
            var seen: [Int] = []
            let manifest = try RunSupport.takeUp(recipe, in: folder) { seen.append($0) }
            // An interrupted run leaves a checkpoint, whatever the recipe says.
            #expect(seen == Array((stop + 1)...4))
            #expect(manifest.outcome?.chainHead == whole.outcome?.chainHead)
            #expect(manifest.outcome?.weightsDigest == whole.outcome?.weightsDigest)
            #expect(try store.verify("run-1", objects: Workspace(root: folder).objects).chain.count == 4)
            // Of a finished run only the manifest is written again.
            let path = Workspace(root: folder).manifest("run-1")
            try FileManager.default.removeItem(atPath: path)
            let third = try RunSupport.withSession(recipe) { session in
                try RunSupport.recording(session, folder).resume(
                    run: "run-1", onStep: { _, _ in Issue.record("a step of a finished run") }, shouldStop: { false })
            }
            guard case .finished(manifest) = third else {
                Issue.record("not finished: \(third)")
                return
            }
            #expect(try Manifest.read(path) == manifest)
        }
    }

    @Test func anotherRecipeDoesNotContinueARun() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo(steps: 3, more: "record: {checkpoint_every: 1}")
            let folder = runs.path("run")
            _ = try RunSupport.withSession(recipe) { session in
                try RunSupport.recording(session, folder).record(
                    name: nil, taken: [], started: { _ in }, onStep: { _, _ in }, shouldStop: { true })
            }
            let error = try #require(throws: TrainingError.self) {
                try RunSupport.withSession(recipe, ["optimizer.lr=1e-4"]) { session in
                    try RunSupport.recording(session, folder).resume(
                        run: "run-1", onStep: { _, _ in }, shouldStop: { false })
                }
            }
            #expect("\(error)".contains("the inputs of run-1"))
            let store = try Workspace(root: folder).openLedger()
            #expect(try store.verify("run-1").chain.count == 1)
            #expect(try store.run("run-1").state == .interrupted)
        }
    }
}
