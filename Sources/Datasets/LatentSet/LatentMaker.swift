import Compute

/// What makes the rows of a latent set: a pure function of pair and caption, in any order of asking and in any process.
package protocol LatentMaker {
    /// Both pictures of the pair at `index`, encoded. - Throws: an error that names the picture that cannot be read.
    func encoded(at index: Int) throws -> [EncodedPicture]

    /// The text states of captions, one row each.
    func states(_ captions: [String]) throws -> EncodedTexts
}

/// One picture as a latent set holds it.
package struct EncodedPicture: Sendable {
    /// The latent as the UNet takes it, sampled and scaled: [c, h, w].
    package let latent: Tensor
    /// The part of the picture that it shows.
    package let frame: PictureFrame
    /// Whether the picture was mirrored before it was encoded.
    package let isFlipped: Bool

    /// A latent with where it is from.
    package init(latent: Tensor, frame: PictureFrame, isFlipped: Bool) {
        (self.latent, self.frame, self.isFlipped) = (latent, frame, isFlipped)
    }
}

/// The text states of some captions.
package struct EncodedTexts: Sendable {
    /// Hidden states: [n, tokens, width].
    package let context: Tensor
    /// Pooled states [n, width], where the model has some.
    package let pooled: Tensor?

    /// States of n captions.
    package init(context: Tensor, pooled: Tensor?) { (self.context, self.pooled) = (context, pooled) }
}
