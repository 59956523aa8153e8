import Compute
import Core

/// What a latent set holds of one pair.
package struct LatentRow: Sendable {
    /// The digest of the pair that it was made of.
    package let item: Digest
    /// The pictures, the first one first.
    package let pictures: [EncodedPicture]
    /// The caption's place among the text states; nil in a set without.
    package let caption: Int?

    /// The digests of the row: of both latents, and of all that is known besides.
    var digests: [Digest] {
        pictures.map { LatentRow.digest(of: $0.latent) } + [
            LatentRow.facts(
                item: item, frames: pictures.map(\.frame), flips: pictures.map(\.isFlipped), caption: caption)
        ]
    }

    /// The digest of a latent [c, h, w]: that of a Float32 tensor named `latents`.
    static func digest(of latent: Tensor) -> Digest { latent.digest(named: "latents") }

    /// The digest of what a row holds besides its latents.
    static func facts(item: Digest, frames: [PictureFrame], flips: [Bool], caption: Int?) -> Digest {
        .of(
            .latentRow,
            [
                "item": .digest(item),
                "frames": .array(
                    frames.map {
                        [.integer($0.height), .integer($0.width), .integer($0.top), .integer($0.left)]
                    }),
                "flips": .array(flips.map { .bool($0) }), "caption": caption.map { .integer($0) } ?? .null,
            ])
    }

    /// The digest of a caption with its states: `context` [tokens, width], `pooled` [width].
    static func digest(of caption: String, context: Tensor, pooled: Tensor?) -> Digest {
        .of(
            .latentRow,
            [
                "caption": .string(caption), "context": .digest(context.digest(named: "context")),
                "pooled": pooled.map { .digest($0.digest(named: "pooled")) } ?? .null,
            ])
    }
}
