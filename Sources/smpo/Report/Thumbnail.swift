import Datasets
import Foundation
import Pages

/// Small pictures for a report.
enum Thumbnail {
    /// The longest edge; larger pictures are made smaller.
    static let edge = 48

    /// A picture of planes in [−1, 1].
    static func picture(
        _ planes: [Float], edge: Int, label: String, alternative: String, note: String
    ) throws -> Picture {
        try picture(
            PixelPlanes.image(planes, width: edge, height: edge), label: label, alternative: alternative, note: note)
    }

    /// A picture of a latent [c, h, w]: its first three channels, or its only one. Values of −3…3 are shown from dark to
    /// bright: a Gaussian latent has few beyond.
    static func latent(
        _ values: [Float], shape: [Int], label: String, alternative: String, note: String
    ) throws -> Picture? {
        guard shape.count == 3, shape[0] > 0, shape[1] > 0, shape[2] > 0, values.count == shape.reduce(1, *) else {
            return nil
        }
        let area = shape[1] * shape[2]
        let planes = (0..<3).flatMap { channel -> [Float] in
            let start = (shape[0] >= 3 ? channel : 0) * area
            return values[start..<start + area].map { $0 / 3 }
        }
        let note = [note, shape[0] > 3 ? "channels 1–3 of \(shape[0])" : ""].filter { !$0.isEmpty }.joined(
            separator: "; ")
        return try picture(
            PixelPlanes.image(planes, width: shape[2], height: shape[1]), label: label, alternative: alternative,
            note: note)
    }

    /// A picture, made smaller where it is longer than `edge`.
    static func picture(
        _ image: Image, _ edge: Int = edge, label: String, alternative: String, note: String
    ) throws -> Picture {
        let longest = max(image.width, image.height)
        let small =
            longest <= edge
            ? image
            : PillowResize.resize(
                image, width: max(1, image.width * edge / longest), height: max(1, image.height * edge / longest))
        return Picture(
            png: try PNGWriter.encode(small), width: small.width, height: small.height, label: label,
            alternative: alternative, note: note)
    }
}
