import Ledger
import Testing

@testable import Training

@Suite struct OperatorTracerTests {
    /// The operators of the steps of a recipe.
    private func traces(
        _ recipe: String, _ overrides: [String] = [], workers: Int = 1, steps: Int = 2
    ) throws -> [OperatorTrace] {
        try RunSupport.withSession(recipe, overrides, workers: workers) { session in
            let tracer = OperatorTracer(session.trainer)
            return try (0..<steps).map { _ in
                try tracer.watch { _ = try session.step(observer: nil) }
                return tracer.take()
            }
        }
    }

    private func names(_ trace: OperatorTrace, _ section: String) -> [String] {
        trace.sections.filter { $0.name == section }.flatMap(\.operators)
    }

    /// Policy and reference share their weights until the first update, which a record must not show.
    @Test(arguments: ["", "lora: {rank: 2}"]) func theReferenceHasItsNamesInEveryStep(_ more: String) throws {
        try RunSupport.withRuns { runs in
            let steps = try traces(try runs.recipe("name: dpo", more: more))
            let reference = names(steps[0], "reference")
            #expect(reference == names(steps[1], "reference"))
            #expect(!reference.contains("linear") && !reference.contains("convolution"))
            #expect(reference.contains("convolution unet/conv_in.weight"))
            // Without adapters the two networks run the same operators.
            if more.isEmpty { #expect(reference == names(steps[1], "policy")) }
        }
    }

    /// Pictures that leave the inversion one after the other, with a correction of the last move: what is picked out of a
    /// batch is read alike by equal runs.
    @Test func equalRunsHaveEqualOperatorsWherePicturesPart() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo(training: ", micro_pairs: 2")
            let inversion = ["inversion.preset=official", "inversion.renoise=last", "training.pairs_per_step=4"]
            let first = try traces(recipe, inversion, steps: 3)
            #expect(names(first[0], "inversion 1, renoise").contains("stack"))
            #expect(try traces(recipe, inversion, workers: 3, steps: 3) == first)
        }
    }

    /// What computes a product is no operator of a step.
    @Test func everyBackendListsTheSameOperators() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.recipe("name: dpo")
            let reference = try traces(recipe, steps: 1)[0]
            let other = try traces(recipe, ["backend=openblas"], steps: 1)[0]
            #expect(other.sections.map(\.name) == reference.sections.map(\.name))
            #expect(other.sections.map(\.operators) == reference.sections.map(\.operators))
            #expect(names(other, "gradient").contains("attention backward"))
        }
    }
}
