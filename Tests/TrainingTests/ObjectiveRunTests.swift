import Compute
import Core
import Ledger
import Testing
import TinyRuns

@testable import Training

/// Runs of the objectives beside SmPO and fine-tuning: what their batches hold, and that what may change speed and memory
/// changes no bit.
@Suite struct ObjectiveRunTests {
    static let objectives = [
        "name: dpo", "name: dpo, loss: hinge", "name: dpo, loss: ipo", "name: kto, positive_ratio: 0.5",
        "name: kto, kl: classes", "name: kto, kl: mismatched", "name: mapo", "name: inpo",
    ]

    private func recipe(_ runs: TinyRuns, _ objective: String) throws -> String {
        try runs.recipe(objective, more: objective.contains("inpo") ? "inversion: {steps: 2}" : "")
    }

    @Test(arguments: objectives)
    func theRecordsAreTheSameHoweverTheyAreComputed(objective: String) throws {
        try RunSupport.withRuns { runs in
            let recipe = try recipe(runs, objective)
            let plain = try RunSupport.recordsHoweverComputed(recipe)
            #expect(plain.count == 2)
        }
    }

    /// Another objective or another of its numbers changes the gradients of the second step, at the latest (in the first
    /// the policy is still the reference); only KTO records a K.
    @Test func everyNumberOfAnObjectiveCounts() throws {
        try RunSupport.withRuns { runs in
            func second(_ objective: String, _ overrides: [String] = []) throws -> StepRecord {
                try RunSupport.withSession(recipe(runs, objective), overrides) { try RunSupport.records($0)[1] }
            }
            let kto = "name: kto, positive_ratio: 0.5"
            let records =
                try Self.objectives.map { try second($0) } + [
                    second("name: dpo, beta: 50"), second("name: mapo, snr: 2"), second("name: mapo, temperature: 2"),
                    second(kto + ", lambda_good: 2"), second(kto + ", lambda_bad: 2"),
                    second(kto + ", utility: loss_averse"), second("name: inpo", ["inversion.noise=0"]),
                ]
            #expect(Set(records.map { "\(String(describing: $0[.gradient]))" }).count == records.count)
            for (objective, record) in zip(Self.objectives, records) {
                #expect((record[.loss]?["kl"] != nil) == objective.contains("kto"), "\(objective)")
                #expect((record[.loss]?["kl.errors"] != nil) == objective.contains("mismatched"))
                #expect((record[.reference] == nil) == objective.contains("mapo"))
            }
        }
    }

    /// The pictures of a pair share t and noise; single pictures have their own.
    @Test func noiseIsDrawnOnceAnItem() throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(recipe(runs, "name: dpo")) { session in
                let batch = try session.batches.batch(1)
                let noise = try #require(batch.noise)
                #expect(batch.x0.shape[0] == 6 && noise.shape == batch.x0.shape)
                let draws = (0..<6).map { Array(noise.slice($0..<$0 + 1).floats) }
                for pair in 0..<3 { #expect(draws[2 * pair] == draws[2 * pair + 1]) }
                #expect(Set(draws).count == 3)
                #expect(batch.items.allSatisfy { $0.weight == 1 })
            }
            try RunSupport.withSession(recipe(runs, "name: kto")) { session in
                let batch = try session.batches.batch(1)
                let noise = try #require(batch.noise)
                #expect(batch.x0.shape[0] == 3 && noise.shape == batch.x0.shape)
                #expect(Set((0..<3).map { Array(noise.slice($0..<$0 + 1).floats) }).count == 3)
                #expect(Set(batch.items.map(\.timestep)).count == 3)
            }
        }
    }

    /// A judged picture is its pair's better or worse one, as often as the recipe says.
    @Test func goodPicturesComeAsOftenAsTheRecipeSays() throws {
        try RunSupport.withRuns { runs in
            func weights(_ ratio: String) throws -> [Float] {
                let overrides = ["training.pairs_per_step=400", "objective.positive_ratio=\(ratio)"]
                return try RunSupport.withSession(recipe(runs, "name: kto"), overrides) {
                    try $0.batches.batch(1).items.map(\.weight)
                }
            }
            #expect(try weights("0").allSatisfy { $0 == -1 })
            #expect(try weights("1").allSatisfy { $0 == 1 })
            // 320 ± 4 standard deviations of a binomial.
            let good = try weights("0.8").count { $0 == 1 }
            #expect((288...352).contains(good), "\(good)")
            try RunSupport.withSession(recipe(runs, "name: kto"), ["training.flip=false"]) { session in
                guard case .pairs(let dataset, let labels) = session.batches.items else { return }
                for step in 1...4 {
                    let batch = try session.batches.batch(step)
                    for (place, item) in batch.items.enumerated() {
                        let label = try #require(labels.labels.first { dataset.item(at: $0.index).id == item.id })
                        let side = item.weight == 1 ? label.winner : label.winner.other
                        let pixels = try dataset.pixels(at: label.index, which: side, size: 16)
                        #expect(Array(batch.x0.slice(place..<place + 1).floats) == pixels)
                    }
                }
            }
        }
    }

    /// Move and sample have noise of their own, whichever samples are asked for together.
    @Test func inversionNoiseBelongsToMoveAndSample() throws {
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        let noise = InversionNoise(seed: 3, step: 2, samples: 4)
        func draw(_ move: Int, _ rows: [Int]) -> [[Float]] {
            let drawn = noise.draw(move: move, rows: rows, shape: [3, 2, 2], engine: engine)
            return rows.indices.map { Array(drawn.slice($0..<$0 + 1).floats) }
        }
        let all = (0..<3).flatMap { draw($0, [0, 1, 2, 3]) }
        #expect(Set(all).count == 12)
        #expect(draw(1, [3, 1]) == [all[7], all[5]])
        #expect(all.flatMap { $0 } == Array(RandomStream(seed: 3, .sampler, step: 2).normals(shape: [144]).floats))
    }
}
