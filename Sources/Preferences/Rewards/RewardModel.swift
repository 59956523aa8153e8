import Compute
import Core
import Datasets

/// A model that says how much a picture is worth, most for a caption. Scores are in the model's own unit.
///
/// A score does not depend on what else is scored, nor on instruction set and workers.
package protocol RewardModel: Sendable {
    /// What it is.
    var kind: RewardKind { get }
    /// Digests of weights, configuration, tokenizer and rules by their names: all that a score follows from, besides the
    /// picture and the caption.
    var digests: [String: Digest] { get }
    /// Stands for all of `digests`.
    var digest: Digest { get }
    /// How captions are read, by name; nil of a model that reads none.
    var reader: String? { get }
    /// Edge of the pictures that it looks at, in pixels.
    var edge: Int { get }
    /// Whether a caption has more tokens than the model takes, so that its end is cut off.
    func cuts(_ caption: String) -> Bool
    /// The score of each picture with its caption.
    /// - Throws: `ImageError` for a picture that cannot be brought to the model's size.
    func scores(_ pictures: [StoredPicture], captions: [String], engine: Engine) throws -> [Float]
    /// The scores of all pictures with each caption, and what they were made of.
    /// - Throws: `ImageError` for a picture that cannot be brought to the model's size.
    func table(_ pictures: [StoredPicture], captions: [String], engine: Engine) throws -> RewardTable
}

extension RewardModel {
    package var digest: Digest {
        .of(
            .document,
            .object(JSONObject(digests.sorted { utf8Less($0.key, $1.key) }.map { ($0.key, .digest($0.value)) })))
    }

    /// A score as it is usually shown.
    package func display(_ score: Float) -> Double { Double(score) * kind.displayFactor }
}

/// The scores of pictures with captions, and what they were made of.
package struct RewardTable: Sendable {
    /// The score of picture p with caption c: [captions, pictures].
    package let scores: Tensor
    /// What it was made of, by the names that the models' own programs use.
    package let steps: [(name: String, tensor: Tensor)]
    /// Token ids of each caption with padding, and 1 where there is none; empty of a model that reads no captions.
    package let ids: [[Int]], mask: [[Int]]

    init(
        scores: Tensor, steps: [(name: String, tensor: Tensor)], ids: [[Int]] = [], mask: [[Int]] = []
    ) {
        (self.scores, self.steps, self.ids, self.mask) = (scores, steps, ids, mask)
    }
}

/// The numbers from 0 to `count` in ranges of at most `most`.
func batches(_ count: Int, of most: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: most).map { $0..<min(count, $0 + most) }
}
