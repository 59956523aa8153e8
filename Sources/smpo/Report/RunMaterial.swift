import Audit
import Core
import Datasets
import Ledger
import Training

/// What a report shows of a run: its evidence, and model and data as far as they can be opened again.
struct RunMaterial {
    let evidence: Evidence
    let workspace: Workspace
    /// The recipe of the manifest.
    let recipe: Recipe
    /// The data, or why it cannot be shown.
    let data: Result<RunData, Missing>

    /// Why something cannot be shown.
    struct Missing: Error {
        let why: String
    }

    /// Gathers what there is. - Throws: `SettingsError` for a manifest whose recipe this program cannot read.
    init(_ evidence: Evidence, workspace: Workspace) throws {
        (self.evidence, self.workspace) = (evidence, workspace)
        let manifest = evidence.manifest
        let recipe = try Recipe(
            json: JSONCursor(manifest.inputs.recipe, name: "inputs.recipe", file: workspace.manifest(manifest.run)))
        self.recipe = recipe
        let opened: Result<RunData, any Error> = Result {
            let data = try RunData(recipe)
            for (name, digest) in data.digests.sorted(by: { utf8Less($0.key, $1.key) })
            where manifest.inputs.digests[name] != digest {
                throw Missing(why: "the \(name) here are not those of the run: their digest is \(digest)")
            }
            return data
        }
        data = opened.mapError { $0 as? Missing ?? Missing(why: "the data cannot be opened: \($0)") }
    }

    /// The run's name.
    var run: String { evidence.manifest.run }
}
