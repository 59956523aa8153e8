import Core

/// One file of a latent set: the latents of some pairs, or the text states of some captions.
package struct LatentSetFile: Sendable, Hashable {
    /// What a file's rows are.
    package enum Kind: String, Sendable, CaseIterable {
        /// Captions.
        case texts
        /// Pairs.
        case pairs
    }

    /// What its rows are.
    package let kind: Kind
    /// Its place among the files of the kind, from 0.
    package let number: Int
    /// The rows of the set that it has.
    package let rows: Range<Int>

    /// Its name in the set's folder.
    package var name: String { "\(kind.rawValue)-\(PaddedNumber.text(number, digits: 6)).safetensors" }
}
