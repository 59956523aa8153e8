import Core

/// Latents that were made here of a run's own pictures, by its own autoencoder, or scores by its own reward model, and are not
/// those of the run. That is no input that somebody has changed: this program computes other bits than the one that made the
/// run's.
package struct OtherLatents: Error, Equatable, CustomStringConvertible {
    /// The digest in the manifest.
    package let expected: Digest
    /// The digest of what was made.
    package let found: Digest
    /// Whether they are scores.
    var areScores = false

    /// One line.
    package var description: String {
        areScores
            ? "the scores that were made here of the run's pictures are not those that its labels were made of: expected digest "
                + "\(expected.hex), found \(found.hex); no step was replayed"
            : "the latents that were made here of the run's pictures are not those that it was trained on: expected digest "
                + "\(expected.hex), found \(found.hex); no step was replayed (where the run's latent set is there, "
                + "smpo data encode --check names the rows)"
    }
}
