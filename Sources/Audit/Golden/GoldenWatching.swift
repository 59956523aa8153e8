import Core
import Ledger

/// Finds what is to watch the recipe of a run that becomes golden, and the policy that says so.
struct GoldenWatching {
    let workspace: Workspace
    let manifest: Manifest

    private var path: String { "\(workspace.golden(manifest.run))/\(GoldenPolicy.fileName)" }

    /// Nothing would watch the run's recipe, or something else than its recipe would.
    struct Unknown: Error, CustomStringConvertible {
        let run: String, problem: String
        var description: String {
            "\(run): \(problem); name the recipe with --recipe PATH (and --set KEY=VALUE), or say why none is to watch the "
                + "run with --unwatched \"…\""
        }
    }

    /// The policy of the run, and whether it is another than the one that is there. `choice` is what the user wants to
    /// watch the run; without one it is the recipe that the policy names, if the run is by it, else the one that the run
    /// was recorded by. - Throws: `Unknown`, `SettingsError`, `FileError`, `JSONShapeError`.
    func policy(_ choice: RecipeWatch?) throws -> (policy: GoldenPolicy, isNew: Bool) {
        let isThere = FileContents.exists(path)
        var policy = isThere ? try GoldenPolicy.read(path) : GoldenPolicy()
        let old = policy
        (policy.recipe, policy.unwatched) = try watch(old, choice)
        return (policy, !isThere || policy != old)
    }

    private func watch(_ old: GoldenPolicy, _ choice: RecipeWatch?) throws -> (RecipeSource?, unwatched: String?) {
        switch choice {
        case .recipe(let source)?:
            if let other = try difference(source) { throw unknown(other) }
            return (source, nil)
        case .unwatched(let reason)?: return (nil, reason)
        case .nothing?, nil: break
        }
        var problem = "which recipe it was recorded by is not known"
        if let source = old.recipe {
            guard let other = try difference(source) else { return (source, nil) }
            problem = "\(path) names a recipe that it is not by: \(other)"
        }
        if let source = try manifest.recipeSource() {
            guard FileContents.exists(source.file(workspace.root)) else {
                throw unknown("\(source.path), by which it was recorded, is not there")
            }
            guard let other = try difference(source) else { return (source, nil) }
            if old.recipe == nil { problem = "its recipe has changed since it was recorded: \(other)" }
        }
        if let reason = old.unwatched { return (nil, reason) }
        throw unknown(problem)
    }

    private func unknown(_ problem: String) -> Unknown { Unknown(run: manifest.run, problem: problem) }

    /// The first difference of a recipe from the run's, in words; nil where there is none.
    private func difference(_ source: RecipeSource) throws -> String? {
        try source.changes(from: manifest.inputs.recipe, root: workspace.root).first.map { change in
            let place = change.line.map { "\(change.file):\($0)" } ?? change.file
            return "\(place): \(change.difference.path) is \(change.difference.right ?? "not given"), recorded was "
                + (change.difference.left ?? "nothing")
        }
    }
}
