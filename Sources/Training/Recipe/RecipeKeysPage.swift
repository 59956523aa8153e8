import Core
import Preferences

/// The reference page of the keys of a recipe, as `smpo train --keys` prints it.
package enum RecipeKeysPage {
    /// The page: a table of the recipe's own keys, and one of each section's.
    package static var text: String {
        var lines = [
            "# Keys of a recipe", "",
            "A recipe is a YAML file; those in `Manifests/recipes/` are examples. `smpo train --keys` prints this page. A key that",
            "does not apply may not be given, and an unknown one is an error. Any can be set for one run: `--set training.steps=100`.",
            "",
        ]
        let rows = Recipe.rows
        lines += table(rows.filter { !$0.name.contains(".") })
        for section in rows where section.values == "section" {
            lines += ["", "## `\(section.name)`", ""]
            lines += table(rows.filter { $0.name.hasPrefix(section.name + ".") })
        }
        lines += ["", "## Objectives", ""]
        lines += table(
            ["`objective.name`", "", "noise", "labels smoothed by gamma", "reference"], ObjectiveKind.all.map(cells))
        return lines.joined(separator: "\n") + "\n"
    }

    /// What an objective states of itself.
    private static func cells(_ objective: ObjectiveKind) -> [String] {
        let noise =
            switch objective.noising {
            case .forward?: "forward"
            case .inversion?: "inversion" + (objective.addsNoise ? ", adds noise" : "")
            case nil: "none"
            }
        let labels =
            switch objective.weights {
            case .always: "always"
            case .withGamma: "where it is given"
            case .never: "never"
            }
        return ["`\(objective.name)`", objective.summary, noise, labels, objective.usesReference ? "yes" : "no"]
    }

    private static func table(_ rows: [SettingsRow]) -> [String] {
        table(
            ["key", "value", "default", "applies to", "meaning"],
            rows.map { ["`\($0.name)`", $0.values, $0.standard, $0.condition, $0.summary] })
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> [String] {
        ([head, head.map { _ in "---" }] + rows).map { cells in
            "|" + cells.map { $0.isEmpty ? " |" : " \($0) |" }.joined()
        }
    }
}
