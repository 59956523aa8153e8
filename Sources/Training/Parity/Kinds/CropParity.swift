import Compute
import Core
import Datasets

/// `train`: squares [R, R, 3] as the training scripts for SD 1.5 cut them, named by file and resolution, and as `pixels` the
/// planes of the last.
package enum CropParity: ParityKind {
    package static let kind = "train"

    package static func tensors(_ task: ParityTask) throws -> [(name: String, tensor: Tensor)] {
        let preparation = ParityTask.preparation()
        var tensors: [(name: String, tensor: Tensor)] = []
        var last: Tensor?
        for item in try task.parameters["items"].elements() {
            let image = try task.picture(try item["file"])
            let placement = try PicturePlacement(item, of: image)
            let (edge, planes) = (placement.edge, preparation.planes(image, placement))
            let pixels = PixelPlanes.image(planes, width: edge, height: edge)
            tensors.append(
                ("\(try item["file"].string()).\(edge)", ParityTask.bytes(pixels.rgb, shape: [edge, edge, 3])))
            last = Tensor(planes, shape: [3, edge, edge])
        }
        return tensors + (last.map { [("pixels", $0)] } ?? [])
    }
}

extension PicturePlacement {
    /// What an item of a case says of a picture: `resolution`, `flip`, and `crop`: "center" or a corner, for which
    /// `crop_top_left` stands where it says neither.
    /// - Throws: `JSONShapeError`, also for a corner outside.
    init(_ item: JSONCursor, of image: Image) throws {
        let (resolution, flip) = (try item["resolution"], try item["flip"].present?.bool() ?? false)
        let edge = try resolution.int()
        guard (1...1 << 14).contains(edge) else {
            throw resolution.error(expected: "a resolution from 1 to 16384", found: "\(edge)")
        }
        let crop = try item["crop"].present
        if case .string("center")? = crop?.value {
            self.init(height: image.height, width: image.width, edge: edge, isMirrored: flip)
            return
        }
        var listed = try item["crop_top_left"]
        if let crop, case .array = crop.value { listed = crop }
        let corner = try listed.elements().map { try $0.int() }
        let size = PillowResize.shortestSideSize(width: image.width, height: image.height, edge: edge)
        guard corner.count == 2, (0...size.height - edge).contains(corner[0]),
            (0...size.width - edge).contains(corner[1])
        else {
            throw listed.error(
                expected: "row and column of a square of \(edge) in \(size.height) x \(size.width)", found: "\(corner)")
        }
        self.init(
            height: image.height, width: image.width, edge: edge, isMirrored: flip,
            corner: { _, _ in (corner[0], corner[1]) })
    }
}
