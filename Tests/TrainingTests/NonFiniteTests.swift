import Checkpoints
import Core
import Foundation
import Ledger
import Testing
import TinyRuns

@testable import Training

/// NaN and infinity end a run with their place, and what was recorded before stays good.
@Suite struct NonFiniteTests {
    @Test func aNaNInTheWeightsIsRefusedWithFileTensorAndIndex() throws {
        try RunSupport.withRuns { runs in
            let model = runs.path("model")
            try RunSupport.withSession(runs.base(steps: 1)) { try $0.model.pipeline.write(to: model) }
            let path = model + "/unet/diffusion_pytorch_model.safetensors"
            let entry = try #require(try Checkpoint(safetensors: path)["conv_in.weight"])
            var bytes = try FileContents.read(path)
            guard case .file(_, let start) = entry.source else { return #expect(Bool(false), "not in the file") }
            // Element 5 becomes a quiet NaN.
            for (index, byte) in [0x00, 0x00, 0xC0, 0x7F].enumerated() {
                bytes[start + 20 + index] = UInt8(byte)
            }
            try AtomicFile.write(bytes, to: path)
            let error = try #require(throws: CheckpointError.self) {
                try RunSupport.withSession(runs.smpo(model: model)) { _ in }
            }
            #expect(error.kind == .nonFinite)
            #expect(error.file == path)
            #expect(error.tensor == "conv_in.weight")
            #expect("\(error)".contains("element 5"), "\(error)")
        }
    }

    @Test func aRunThatBlowsUpNamesStepAndPhaseAndLeavesAGoodLedger() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo(steps: 5)
            let folder = runs.path("run")
            let error = try #require(throws: TrainingError.self) {
                try RunSupport.withSession(recipe, ["optimizer.lr=1e30"]) { try RunSupport.record($0, in: folder) }
            }
            guard case .nonFinite(let step, let phase, _, _, let value) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(step == 2)
            #expect([.loss, .gradient].contains(phase))
            #expect(!value.isFinite)
            let store = try Workspace(root: folder).openLedger()
            let run = try store.verify("run-1", objects: Workspace(root: folder).objects)
            #expect(run.chain.count == 1)
            #expect(run.manifest.outcome == nil)
            #expect(try store.run("run-1").state == .interrupted)
            #expect(!FileContents.exists(Workspace(root: folder).manifest("run-1")))
        }
    }

    /// The last update has no step after it that would notice.
    @Test func weightsThatOverflowInTheLastUpdateAreNoResult() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo(steps: 1)
            let folder = runs.path("run")
            let error = try #require(throws: TrainingError.self) {
                try RunSupport.withSession(recipe, ["optimizer.lr=1e39"]) { try RunSupport.record($0, in: folder) }
            }
            guard case .nonFinite(1, .weights, _, .some, let value) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(!value.isFinite)
            #expect(try Workspace(root: folder).openLedger().verify("run-1").chain.count == 0)
        }
    }
}
