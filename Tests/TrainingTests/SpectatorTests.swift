import Compute
import Core
import Ledger
import Studies
import Testing
import TinyRuns

@testable import Training

/// Who looks at a run must leave it as it is.
@Suite struct SpectatorTests {
    /// Changes one bit of one weight and says nothing.
    private struct Meddler: RunSpectator {
        let name = "meddler", every = 2
        func look(_ session: TrainingSession, run: String) throws -> [(measure: String, value: Double)] {
            let value = session.trainer.model.parameters[3].parameter.valueForUpdate()
            value.hostValues[0] = Float(bitPattern: value.hostValues[0].bitPattern ^ 1)
            return [("lies", 1)]
        }
    }

    private func record(
        _ runs: TinyRuns, level: RecordLevel = .tensors, spectators: [any RunSpectator] = [], name: String
    ) throws -> Manifest {
        try RunSupport.withSession(try runs.smpo(steps: 4)) { session in
            let recording = RunRecording(
                session: session, workspace: Workspace(root: runs.path("work")),
                circumstances: ManifestCircumstances(isa: "any", workers: 1, build: "test", host: "test"),
                level: level, spectators: spectators)
            let ending = try recording.record(
                name: name, taken: [], started: { _ in }, onStep: { _, _ in }, shouldStop: { false })
            guard case .finished(let manifest) = ending else { throw RunSupport.Unfinished() }
            return manifest
        }
    }

    /// Validation, samples, and every level of recording: one chain head, one weights digest.
    @Test func lookingChangesNothing() throws {
        try RunSupport.withRuns { runs in
            let plain = try record(runs, level: .steps, name: "plain")
            let spectators: [any RunSpectator] = [
                Validation(every: 2, pairs: 6), SampleSheet(every: 3) { runs.path("samples-\($0)") },
            ]
            for level in RecordLevel.allCases {
                let seen = try record(runs, level: level, spectators: spectators, name: level.rawValue)
                #expect(seen.outcome?.chainHead == plain.outcome?.chainHead)
                #expect(seen.outcome?.weightsDigest == plain.outcome?.weightsDigest)
                let ledger = try Workspace(root: runs.path("work")).openLedger()
                let measures = try ledger.measures(of: level.rawValue)
                #expect(measures.map(\.step) == [2, 2, 4, 4])
                #expect(measures.map(\.name).prefix(2) == ["validation/accuracy", "validation/margin"])
                #expect(measures.filter { !$0.value.isFinite }.isEmpty)
                #expect(FileContents.exists(runs.path("samples-\(level.rawValue)/step-000003.png")))
            }
        }
    }

    @Test func whoeverChangesAWeightIsNamed() throws {
        try RunSupport.withRuns { runs in
            let error = try #require(throws: TrainingError.self) {
                try record(runs, spectators: [Meddler()], name: "meddled")
            }
            guard case .disturbed(let step, let by, let expected, let found) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(step == 2 && by == "meddler" && expected != found)
            // What was recorded before is whole, and can be resumed.
            let verified = try Workspace(root: runs.path("work")).openLedger().verify("meddled")
            #expect(verified.chain.count == 2)
        }
    }
}
