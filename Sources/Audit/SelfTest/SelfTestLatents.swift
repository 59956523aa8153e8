import Core
import Datasets
import Ledger
import Training

/// Mutants of the latents that a run has made of its pictures, in a copy of their set: as the set is, with its own hashes made
/// anew, and with all that stand on them.
extension SelfTestPlan {
    /// The pairs and captions of the first step that is replayed, whose rows of the set it reads.
    private struct Rows {
        let pair: Int
        /// Captions with their places; one may have been dropped, so the empty one is among them.
        let captions: [(text: String, place: Int)]
    }

    /// Changes of a latent, and of text states where the set has some.
    var latentSet: [SelfTestMutant] {
        let (latent, states) = ("1 bit of the latents of a pair", "1 bit of the text states of a step's captions")
        guard run.manifest.inputs.digests["latents"] != nil else {
            return notMade([latent, states], "it makes no latents of its data")
        }
        guard let folder = try? run.latentSet(below: run.workspace.latents), LatentSet.isThere(folder),
            let rows = rows()
        else { return notMade([latent, states], "its latent set is not here") }
        let latents = mutants(latent, folder, .batch ... .batch) {
            try $0.withOtherLatents(ofPair: rows.pair, rehashing: $1)
        }
        guard (try? run.recipe.keepsTextStates) == true else {
            return latents + notMade([states], "its latent set has no text states")
        }
        return latents
            + mutants(states, folder, .inversion ... .policy) { set, rehashing in
                try rows.captions.reduce(set) { set, caption in
                    try set.withOtherStates(of: caption.text, at: caption.place, rehashing: rehashing)
                }
            }
    }

    private func notMade(_ changes: [String], _ reason: String) -> [SelfTestMutant] {
        changes.map { SelfTestMutant(.latentSet, $0, notMade: reason) }
    }

    private func mutants(
        _ change: String, _ folder: String, _ phases: ClosedRange<Phase>,
        _ forge: @escaping (_ set: LatentSetForgery, _ rehashing: Bool) throws -> LatentSetForgery
    ) -> [SelfTestMutant] {
        let step = steps.lowerBound
        func forged(_ copy: EvidenceCopy, rehashing: Bool) throws -> LatentSetForgery {
            try forge(LatentSetForgery(folder: copy.copyLatents(folder)), rehashing)
        }
        return [
            SelfTestMutant(
                .latentSet, change, .tampered, steps: step...step,
                .evidence { _ = try forged($0, rehashing: false) }),
            SelfTestMutant(
                .latentSet, "\(change), the set's hashes made anew", .tampered, steps: step...step,
                .evidence { _ = try forged($0, rehashing: true) }),
            SelfTestMutant(
                .latentSet, "\(change), every hash made anew", .diverged(step: step, phases: phases),
                steps: step...step,
                .evidence { copy in
                    var inputs = run.manifest.inputs
                    inputs.digests["latents"] = try forged(copy, rehashing: true).digest
                    try copy.forge(run, in: run.sources, inputs: inputs)
                }),
        ]
    }

    /// The rows of the set that the first step reads; nil where its record or the data are not at hand.
    private func rows() -> Rows? {
        guard let ids = run.records(of: steps.lowerBound).first?[Entries.Batch.ids], let first = ids.first,
            case .success(let data) = run.data, case .pairs(let pairs, _) = data.items
        else { return nil }
        let names = Set(ids)
        let items = (0..<pairs.count).map { pairs.item(at: $0) }
        guard let pair = items.firstIndex(where: { utf8Equal($0.id, first) }) else { return nil }
        let captions = LatentSetCaptions(pairs)
        let told = Set(items.filter { names.contains($0.id) }.map { captions.place(of: $0.caption) })
        let places = told.union([LatentSet.emptyCaption]).sorted()
        return Rows(pair: pair, captions: places.map { (captions.texts[$0], $0) })
    }
}
