import Core
import Foundation
import Testing

@testable import Training

/// The recipes that come with the program.
@Suite struct RecipeFilesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Manifests/recipes").path

    /// Plans of ablations are no recipes.
    private static var names: [String] {
        get throws {
            try FileContents.names(in: folder).filter { $0.hasSuffix(".yaml") && !$0.hasPrefix("paper-tables") }
        }
    }

    @Test func everyRecipeIsReadAndResolves() throws {
        let names = try Self.names
        #expect(names.count >= 16)
        for name in names {
            let recipe = try Recipe.read(path: "\(Self.folder)/\(name)")
            #expect("\(recipe.name).yaml" == name)
            #expect(try Recipe(json: JSONCursor(recipe.json, name: "recipe")) == recipe, "\(name)")
            #expect(try Recipe.parse(recipe.yaml, file: name) == recipe, "\(name)")
        }
    }

    /// The figures of the paper and of the authors' launchers: β, steps, warm-up, pairs of a step, highest learning rate.
    @Test(arguments: [
        ("sd15-smpo", 2000.0, 200, 100, 1024, 1.024e-5, "adamw"),
        ("sdxl-smpo", 5000, 200, 100, 1024, 1.024e-5, "adafactor"),
        ("sd15-dpo", 5000, 2000, 500, 2048, 2.048e-5, "adamw"),
        ("sdxl-dpo", 5000, 2000, 200, 2048, 2.048e-5, "adafactor"),
    ])
    func recipesOfRealModelsHaveThePublishedNumbers(
        _ name: String, _ beta: Double, _ steps: Int, _ warmup: Int, _ pairs: Int, _ rate: Double, _ optimizer: String
    ) throws {
        let recipe = try Recipe.read(path: "\(Self.folder)/\(name).yaml")
        #expect(
            recipe.objective.beta == beta
                && (recipe.optimizer.settings is Adafactor.Settings) == (optimizer == "adafactor"))
        #expect((recipe.training.steps, recipe.optimizer.warmup) == (steps, warmup))
        #expect(recipe.training.pairsPerStep == pairs && recipe.training.captionDropout == 0.2)
        #expect(abs(recipe.optimizer.highestRate(pairsPerStep: pairs) / rate - 1) < 1e-12)
        #expect(recipe.data.size == (name.hasPrefix("sdxl") ? 1024 : 512))
    }
}
