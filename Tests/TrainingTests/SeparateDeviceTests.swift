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
