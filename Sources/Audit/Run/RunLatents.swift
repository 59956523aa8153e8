import Compute
import Datasets
import Ledger
import Training

extension Run {
    /// Makes the latents of a run on pictures where they are not there: before processes replay parts of it side by side, of
    /// which each would look for them. - Throws: what opening the run's session throws.
    package func makeLatents(on engine: Engine, _ use: LatentSetUse) throws {
        guard let folder = try latentSet(below: use.folder), !LatentSet.isThere(folder) else { return }
        _ = try session(on: engine, latents: use)
    }

    /// The folder of the run's latent set, by its manifest; nil of a run without one.
    /// - Parameter folder: below which sets are that the recipe gives no folder.
    func latentSet(below folder: String) throws -> String? {
        guard manifest.inputs.digests["latents"] != nil, let data = manifest.inputs.digests["data"] else { return nil }
        let recipe = try recipe
        let source = LatentSetSource(
            recipe, contract: manifest.inputs.contract, data: data, model: manifest.inputs.digests)
        return source.place(recipe, below: folder)
    }
}
