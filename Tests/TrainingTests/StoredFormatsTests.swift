import Compute
import Core
import Diffusion
import Foundation
import Ledger
import Testing
import TinyRuns

@testable import Training

/// The same weights are the same model, whatever program stored them.
@Suite struct StoredFormatsTests {
    @Test func weightsOfAnyFormatGiveTheSameDigestsAndRecords() throws {
        try RunSupport.withRuns { runs in
            let engine = Engine(workers: 1)
            defer { engine.stop() }
            let recipe = try Recipe.read(path: try runs.smpo())
            guard case .fresh(let fresh) = recipe.model else { return #expect(Bool(false), "\(recipe.model)") }
            let model = runs.path("model")
            let written = try recipe.outline().write(drawing: fresh.initSeed, to: model, dtype: .f16, on: engine)
            func run() throws -> (digests: [String: Digest], records: [StepRecord]) {
                try RunSupport.withSession(runs.smpo(model: model, steps: 2)) {
                    ($0.inputs.digests, try RunSupport.records($0))
                }
            }
            let plain = try run()
            #expect(plain.digests["model/unet"] == written[0].digest && plain.records.count == 2)
            for format in StoredFormats.allCases {
                try format.replaceWeights(in: model)
                let other = try run()
                #expect(other.digests == plain.digests, "\(format)")
                #expect(other.records == plain.records, "\(format)")
            }
        }
    }
}
