import Compute
import Preferences
import Training

/// Gives one score a picture [n, 3, size, size] in [−1, 1] for its caption.
package typealias PictureScorer = (_ pictures: Tensor, _ captions: [String]) throws -> [Float]

extension PickScore {
    /// The scorer as what is asked about drawn pictures.
    package func onDrawings(_ engine: Engine) -> PictureScorer {
        { try self.scores($0, captions: $1, engine: engine) }
    }
}
