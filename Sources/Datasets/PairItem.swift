import Core

/// One preference pair without its pixels: a caption, two pictures, what a person and what a reward say of them.
package struct PairItem: Sendable, Hashable {
    /// Stable name of the pair inside its data set, such as `pair-000017`.
    package let id: String
    /// The text that both pictures were made for.
    package let caption: String
    /// Name of the first picture: the path as the data set writes it, or a name that the generator gives.
    package let image0: String
    /// Name of the second picture.
    package let image1: String
    /// Digest of the bytes behind the first picture: of the file, or of the raw pixels where there is no file.
    package let imageDigest0: Digest
    /// Digest of the bytes behind the second picture.
    package let imageDigest1: Digest
    /// Human preference for the first picture: 0, 0.5 or 1; `label0 + label1` is 1, and 0.5 is a tie.
    package let label0: Double
    /// Human preference for the second picture.
    package let label1: Double
    /// Reward score of the first picture, where the data set has one.
    package let score0: Double?
    /// Reward score of the second picture, where the data set has one.
    package let score1: Double?
    /// Stands for the content of the pair: caption, picture bytes, labels and scores, but no names.
    package let digest: Digest

    /// Takes the fields and computes `digest` from them.
    ///
    /// The digest is in the domain `data-item`, over: the caption (length-prefixed UTF-8); the digests of the first and
    /// the second picture; the bit patterns of `label0` and `label1`; then for `score0` and `score1` one byte, 1 with
    /// the bit pattern after it or 0 with nothing. Words are little-endian.
    package init(
        id: String, caption: String, image0: String, image1: String, imageDigest0: Digest, imageDigest1: Digest,
        label0: Double, label1: Double, score0: Double? = nil, score1: Double? = nil
    ) {
        var stream = SHA256Stream(domain: .dataItem)
        stream.update(lengthPrefixed: caption)
        stream.update(imageDigest0)
        stream.update(imageDigest1)
        stream.update(word: label0.bitPattern)
        stream.update(word: label1.bitPattern)
        for score in [score0, score1] {
            stream.update(byte: score == nil ? 0 : 1)
            if let score { stream.update(word: score.bitPattern) }
        }
        self.init(
            id: id, caption: caption, image0: image0, image1: image1, imageDigest0: imageDigest0,
            imageDigest1: imageDigest1, label0: label0, label1: label1, score0: score0, score1: score1,
            digest: stream.finalize())
    }

    /// Takes all fields as they are: for a source whose digest also covers what these fields do not tell.
    package init(
        id: String, caption: String, image0: String, image1: String, imageDigest0: Digest, imageDigest1: Digest,
        label0: Double, label1: Double, score0: Double? = nil, score1: Double? = nil, digest: Digest
    ) {
        self.id = id
        self.caption = caption
        self.image0 = image0
        self.image1 = image1
        self.imageDigest0 = imageDigest0
        self.imageDigest1 = imageDigest1
        self.label0 = label0
        self.label1 = label1
        self.score0 = score0
        self.score1 = score1
        self.digest = digest
    }

    /// The human label of one picture: 0, 0.5 or 1.
    package func label(of which: PairSide) -> Double { which == .image0 ? label0 : label1 }

    /// The reward score of one picture, where there is one.
    package func score(of which: PairSide) -> Double? { which == .image0 ? score0 : score1 }

    /// The name of one picture.
    package func image(of which: PairSide) -> String { which == .image0 ? image0 : image1 }

    /// The digest of the bytes behind one picture.
    package func imageDigest(of which: PairSide) -> Digest { which == .image0 ? imageDigest0 : imageDigest1 }

    /// The picture that the human label prefers; nil for a tie.
    package var humanWinner: PairSide? {
        label0 == label1 ? nil : (label0 > label1 ? .image0 : .image1)
    }
}
