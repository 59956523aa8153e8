import Core
import Datasets

/// In which form a reward model is shown pictures.
package enum PictureEncoding: String, Sendable, CaseIterable {
    /// As they were drawn.
    case png
    /// Written as JPEG and read again, as HPSv2's benchmark has them in files.
    case jpeg

    /// The picture in this form. - Throws: `ImageError`.
    package func shown(_ image: Image) throws -> Image {
        switch self {
        case .png: image
        case .jpeg: try ImageDecoder.decode(bytes: JPEGWriter.encode(image), file: "JPEG")
        }
    }

    /// For people, with what the pixels depend on.
    package var sentence: String {
        switch self {
        case .png: "PNG"
        case .jpeg: "JPEG, quality \(JPEGWriter.quality), 4:2:0, \(JPEGWriter.library)"
        }
    }
}
