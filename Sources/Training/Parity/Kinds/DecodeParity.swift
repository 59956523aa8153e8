import Compute
import Core
import Datasets

/// `decode`: the RGB pixels [h, w, 3] of each picture file that the case lists.
package enum DecodeParity: ParityKind {
    package static let kind = "decode"

    package static func tensors(_ task: ParityTask) throws -> [(name: String, tensor: Tensor)] {
        try task.parameters["files"].elements().map { file in
            let image = try task.picture(file)
            return (try file.string(), ParityTask.bytes(image.rgb, shape: [image.height, image.width, 3]))
        }
    }
}

extension ParityTask {
    /// The picture in the file that the case names here. - Throws: `ImageError`, and where it cannot be found.
    func picture(_ name: JSONCursor) throws -> Image {
        let path = try file(try name.string())
        return try ImageDecoder.decode(bytes: try FileContents.read(path), file: path)
    }
}
