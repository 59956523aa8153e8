import Testing

@testable import Training

@Suite struct ComputeCostTests {
    private func cost(_ objective: String, _ more: String = "", training: String = "") throws -> ComputeCost {
        let text = RecipeSamples.smpo.replacing("  name: smpo", with: "  {\(objective)}") + "\n\(more)"
        var recipe = try Recipe.parse(text, file: "x.yaml")
        recipe.training.pairsPerStep = 16
        recipe.training.microPairs = nil
        return ComputeCost(recipe)
    }

    /// Two pictures a pair: policy forward and backward (three passes), the reference one.
    @Test func forwardNoising() throws {
        #expect(try cost("name: dpo").total == 128)
        #expect(try cost("name: mapo").total == 96)
        #expect(try cost("name: sft").total == 48)
        #expect(try cost("name: kto").total == 64)
        #expect(try cost("name: kto, kl: mismatched").total == 96)
    }

    /// Nine moves and ReNoise's second pass on the last; the official grid's 3.79 and 6.38 moves (method of the public code),
    /// each asked twice.
    @Test func inversion() throws {
        #expect(try cost("name: smpo").inversion == 320)
        #expect(try cost("name: inpo", "inversion: {noise: 0, steps: 9}").inversion == 288)
        #expect(try cost("name: smpo", "inversion: {guidance: 3}").inversion == 640)
        let official = try cost("name: smpo", "inversion: {preset: official}").inversion / 32 / 2
        #expect(abs(official - 3.79) < 0.01)
        let ten = try cost("name: smpo", "inversion: {preset: official, steps: 10}").inversion / 32 / 2
        #expect(abs(ten - 6.38) < 0.01)
    }
}
