import Compute
import Core
import Datasets

/// `train_sdxl_tensor`: pairs [6, R, R] as diffusers' DPO script for SDXL makes them, `jpg_0` first, and `time_ids` [1, 6].
package enum TensorCropParity: ParityKind {
    package static let kind = "train_sdxl_tensor"

    package static func tensors(_ task: ParityTask) throws -> [(name: String, tensor: Tensor)] {
        let preparation = ParityTask.preparation(.pair)
        return try task.parameters["items"].elements().enumerated().flatMap { index, item in
            let images = try ["jpg_0", "jpg_1"].map { try task.picture(try item[$0]) }
            let (first, placement) = (images[0], try PicturePlacement(item, of: images[0]))
            let (edge, top, left) = (placement.edge, placement.top, placement.left)
            let planes = images.flatMap { preparation.tensor($0, as: first, placement) }
            let timeIDs = [first.height, first.width, top, left, edge, edge].map(Float.init)
            return [
                ("pair\(index)", Tensor(planes, shape: [6, edge, edge])),
                ("time_ids\(index)", Tensor(timeIDs, shape: [1, 6])),
            ]
        }
    }
}
