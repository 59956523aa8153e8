import Compute
import Core
import Datasets
import Diffusion
import Foundation
import Ledger
import SeparateDevice
import Testing
import TinyRuns

@testable import Training

/// Whole runs on a device with a memory of its own, which refuses operands that lie on the host: they are the runs that the
/// host makes, and of a step nothing crosses but what has to.
@Suite struct SeparateDeviceTests {
    /// Kinds of runs.
    enum Kind: String, CaseIterable {
        case smpo, guided, base, dpo, kto, ktoMismatched, mapo, inpo, lora, adafactor, sgd, movingReference, sdxl
        case latents, pickscore, contrastive, pictures, pictureTexts

        func recipe(_ runs: TinyRuns) throws -> String {
            switch self {
            case .smpo: return try runs.smpo(training: ", ema: 0.9")
            case .guided:
                return try runs.smpo(steps: 2).replacing("inversion: {steps: 2}", "inversion: {steps: 2, guidance: 2}")
            case .base: return try runs.base()
            case .dpo: return try runs.recipe("name: dpo", training: ", micro_pairs: 2, recompute: true")
            case .kto: return try runs.recipe("name: kto, positive_ratio: 0.5", training: ", micro_pairs: 1")
            case .ktoMismatched: return try runs.recipe("name: kto, kl: mismatched")
            case .mapo: return try runs.recipe("name: mapo")
            case .inpo: return try runs.recipe("name: inpo", more: "inversion: {steps: 2}")
            case .lora:
                return try runs.recipe(
                    "name: dpo", more: "lora: {rank: 2, alpha: 3, targets: [to_q, to_out.0, conv2]}")
            case .adafactor: return try runs.recipe("name: sft", optimizer: ", name: adafactor")
            case .sgd: return try runs.recipe("name: sft", optimizer: ", name: sgd, momentum: 0.9")
            case .movingReference:
                return try runs.recipe("name: kto", steps: 3, training: ", reference_ema: 0.5, reference_ema_every: 1")
            case .sdxl: return try runs.recipe("name: sft", model: runs.sdxl())
            case .latents:
                let data = runs.path("latents")
                try RandomLatents(pairs: 3, channels: 4, size: 16, seed: 2).write(to: data)
                return try runs.latents(data: data)
            case .pickscore: return try runs.pickscore(training: ", micro_pairs: 2")
            case .contrastive:
                return try runs.pickscore().replacing("name: pickscore}", "name: pickscore, contrastive: 2}")
            case .pictures: return try EncodedRun(runs).recipe()
            case .pictureTexts: return try EncodedRun(runs, sdxl: true).recipe()
            }
        }
    }

    private func session<Result>(
        _ recipe: String, _ runs: TinyRuns, on engine: Engine, _ body: (TrainingSession) throws -> Result
    ) throws -> Result {
        defer { engine.stop() }
        let sets = LatentSetUse(.readOrMake, folder: runs.path("sets-\(UUID().uuidString)"))
        return try body(TrainingSession(recipe: Recipe.read(path: recipe), engine: engine, latents: sets))
    }

    @Test(arguments: Kind.allCases) func aRunIsTheHosts(kind: Kind) throws {
        try RunSupport.withRuns { runs in
            let recipe = try kind.recipe(runs)
            let host = try session(recipe, runs, on: Engine(workers: 2)) {
                try RunSupport.record($0, in: runs.path("host"))
            }
            let (engine, device) = Engine.separate(workers: 2)
            let separate = try session(recipe, runs, on: engine) {
                try RunSupport.record($0, in: runs.path("separate"))
            }
            #expect(separate.result == host.result && separate.inputs == host.inputs)
            #expect(device.takeTraffic().operations > 100)
        }
    }

    /// A run that is begun on one of the two and taken up on the other, whose state after a step they exchange.
    @Test(arguments: [false, true]) func aRunIsTakenUpElsewhere(beginsOnHost: Bool) throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo(
                steps: 4, more: "record: {checkpoint_every: 3}", training: ", ema: 0.99")
            func engine(onHost: Bool) -> Engine { onHost ? Engine() : Engine.separate().engine }
            let whole = try session(recipe, runs, on: Engine()) { try RunSupport.record($0, in: runs.path("whole")) }
            try session(recipe, runs, on: engine(onHost: beginsOnHost)) { session in
                let ending = try RunSupport.recording(session, runs.path("parts")).record(
                    name: nil, taken: [], started: { _ in }, onStep: { _, _ in },
                    shouldStop: { session.trainer.steps == 2 })
                guard case .interrupted("run-1", 2) = ending else { throw RunSupport.Unfinished() }
            }
            var seen: [Int] = []
            try session(recipe, runs, on: engine(onHost: !beginsOnHost)) { session in
                let ending = try RunSupport.recording(session, runs.path("parts")).resume(
                    run: "run-1", onStep: { step, _ in seen.append(step) }, shouldStop: { false })
                guard case .finished(let manifest) = ending else { throw RunSupport.Unfinished() }
                #expect(manifest.result == whole.result)
            }
            #expect(seen == [3, 4])
        }
    }

    /// In a step the batch and the sinusoids of its timesteps go to the device; errors, norms and the places of numbers that are
    /// none come back, each in one copy.
    @Test func nothingElseCrossesInAStep() throws {
        try RunSupport.withRuns { runs in
            let (engine, device) = Engine.separate()
            try session(runs.smpo(training: ", ema: 0.9"), runs, on: engine) { session in
                _ = try session.step(observer: nil)
                _ = device.takeTraffic()
                let batch = try session.batches.batch(2)
                let made = device.takeTraffic()
                #expect(made.toDevice == batch.x0.byteCount && made.toHost == 0)

                _ = try session.trainer.step(batch)
                let step = device.takeTraffic()
                let (samples, parameters) = (batch.x0.shape[0], session.trainer.model.parameters.count)
                #expect(step.reads == 4 && step.toHost == 2 * 4 * samples + (4 + 8) * parameters)
                // Eight numbers a sample and pass of the network.
                #expect(step.writes > 2 && step.largestWrite <= 4 * 8 * samples)

                let builder = TraceBuilder(keeps: [], engine: engine)
                _ = try session.step(observer: builder)
                _ = try builder.finish(session.trainer)
                let recorded = device.takeTraffic()
                let trained = session.trainer.model.parameters.reduce(0) { $0 + $1.parameter.value.byteCount }
                // Gradients, moments, weights and their average; pictures, latents, targets, predictions, and the moves.
                let rest = recorded.toHost - step.toHost - 5 * trained
                #expect((5...9).contains(rest / batch.x0.byteCount), "\(rest)")
                #expect(recorded.toDevice == made.toDevice + step.toDevice)
            }
        }
    }

    /// Digests of a step that are made beside the next one do not make its update copy what it changes, and steps are told in
    /// order, each once.
    @Test func recordingBesideTheNextStepLeavesTheWeightsInTheirPlaces() throws {
        try RunSupport.withRuns { runs in
            try session(runs.smpo(steps: 5), runs, on: Engine.separate().engine) { session in
                let parameters = session.trainer.model.parameters.map(\.parameter)
                var places: [[UInt]] = []
                var told: [Int] = []
                let ending = try RunSupport.recording(session, runs.path("run")).record(
                    name: nil, taken: [], started: { _ in }, onStep: { step, _ in told.append(step) },
                    shouldStop: {
                        places.append(parameters.map(\.value.address))
                        return false
                    })
                guard case .finished = ending else { throw RunSupport.Unfinished() }
                #expect(told == [1, 2, 3, 4, 5])
                #expect(places.count >= 4 && Set(places).count == 1)
            }
        }
    }

    /// A step that fails leaves the steps before it in the ledger.
    @Test func theStepBeforeAFailureIsRecorded() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo(steps: 5)
            try session(recipe, runs, on: Engine.separate().engine) { session in
                _ = #expect(throws: TrainingError.self) {
                    _ = try RunSupport.recording(session, runs.path("run")).record(
                        name: nil, taken: [], started: { _ in }, onStep: { _, _ in },
                        shouldStop: {
                            if session.trainer.steps == 3 {
                                let weight = session.trainer.model.parameters[0].parameter
                                weight.replace(with: session.trainer.model.engine.scale(weight.value, by: .infinity))
                            }
                            return false
                        })
                }
            }
            let store = try Workspace(root: runs.path("run")).openLedger()
            #expect(try store.verify("run-1").chain.count == 3 && store.run("run-1").state == .interrupted)
        }
    }
}

extension String {
    /// The file at this path with a part of its text replaced.
    fileprivate func replacing(_ old: String, _ new: String) throws -> String {
        let text = try String(contentsOfFile: self, encoding: .utf8)
        #expect(text.contains(old))
        try text.replacingOccurrences(of: old, with: new).write(toFile: self, atomically: true, encoding: .utf8)
        return self
    }
}
