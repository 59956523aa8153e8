import Compute
import Core

/// Preference pairs whose pictures are the latents of a set that was made of them: names, captions, labels, scores and
/// digests are those of the pairs, what a model takes is the set's.
package struct EncodedPairs: PreferenceDataset {
    /// The pairs.
    package let pairs: any PreferenceDataset
    /// Their latents.
    package let latents: LatentSet

    /// `pairs` with the set that was made of them. - Throws: `LatentSetMismatch` for a set of others.
    package init(_ pairs: any PreferenceDataset, _ latents: LatentSet) throws {
        guard latents.source.data == pairs.digest, latents.layout.pairs == pairs.count else {
            throw LatentSetMismatch(
                folder: latents.folder, what: "the data", expected: pairs.digest.hex, found: latents.source.data.hex)
        }
        (self.pairs, self.latents) = (pairs, latents)
    }

    package var count: Int { pairs.count }
    package var digest: Digest { pairs.digest }
    package var channels: Int { latents.layout.latent[0] }

    /// The pair at `index`, in `0..<count`.
    package func item(at index: Int) -> PairItem { pairs.item(at: index) }

    /// Which part of the stored picture the latent at `index` shows.
    package func frame(at index: Int, which: PairSide, size: Int) throws -> PictureFrame {
        try latents.facts(at: index).frames[which.rawValue]
    }

    /// Whether the set has text states.
    package var hasTextStates: Bool { latents.layout.texts != nil }

    /// The states of the caption of the pair at `index`, or of the empty one: [1, tokens, width] and [1, width].
    /// - Throws: `LatentSetChanged`, `CheckpointError`.
    package func states(at index: Int?) throws -> EncodedTexts {
        guard let index, let place = try latents.facts(at: index).caption else {
            return try latents.states(at: LatentSet.emptyCaption, of: "")
        }
        return try latents.states(at: place, of: pairs.item(at: index).caption)
    }

    /// One latent, [c, size, size]; `size` must be the latents' own. - Throws: `LatentSetChanged`, `CheckpointError`.
    package func pixels(at index: Int, which: PairSide, size: Int) throws -> [Float] {
        precondition([size, size] == latents.layout.latent.dropFirst(), "latents of the set's edge")
        return try latents.latent(at: index, which: which).floats
    }
}
