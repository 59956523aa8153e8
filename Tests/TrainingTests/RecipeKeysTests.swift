import Core
import Foundation
import Testing

@testable import Training

/// The reference page of the keys of a recipe.
@Suite struct RecipeKeysTests {
    /// The page is made from the code: `make commands`.
    @Test func thePageIsThatOfTheCode() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let page = String(decoding: try FileContents.read("\(root)/Documentation/reference/recipe.md"), as: UTF8.self)
        #expect(page == RecipeKeysPage.text)
    }

    /// What the page calls a default is what a recipe resolves to that does not have the key, but for those in words and the
    /// path that the recipe gives.
    @Test func defaultsAreWhatARecipeResolvesTo() throws {
        let text = """
            data: {kind: shapes, size: 16}
            model: {path: m}
            objective: {name: smpo}
            optimizer: {lr: 1e-3}
            training: {steps: 3, pairs_per_step: 2}
            """
        let yaml = try Recipe.parse(text, file: "base.yaml").yaml
        let others = [
            "name", "model.path", "objective.beta", "objective.gamma", "objective.winner", "objective.ties",
            "optimizer.weight_decay",
        ]
        var (section, compared) = ("", 0)
        for line in yaml.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            let key = parts[0].trimmingCharacters(in: .whitespaces)
            if !line.hasPrefix(" ") { section = parts.count == 1 ? "\(key)." : "" }
            guard parts.count == 2 else { continue }
            let row = try #require(Recipe.rows.first { $0.name == section + key }, "\(section)\(key)")
            if row.standard == "required" || row.standard == "the preset's" || others.contains(row.name) { continue }
            if parts[1] == " null", row.standard != "null" {
                #expect(!row.condition.isEmpty, "\(row.name)")
            } else {
                #expect(" \(row.standard)" == parts[1], "\(row.name)")
                compared += 1
            }
        }
        #expect(compared >= 20)
    }

    /// No key is told twice, none has a cell that would end the table's.
    @Test func everyKeyHasOneRow() {
        let rows = Recipe.rows
        #expect(Set(rows.map(\.name)).count == rows.count && rows.count > 70)
        for row in rows {
            #expect(!row.values.isEmpty && !row.standard.isEmpty && !row.summary.isEmpty, "\(row.name)")
            #expect(
                ![row.values, row.standard, row.condition, row.summary].contains { $0.contains("|") }, "\(row.name)")
        }
    }
}
