import Compute
import Datasets
import Diffusion

/// Makes pictures ready for CLIP's image tower, as transformers' `CLIPImageProcessor` with Pillow does: shorter side to
/// size, middle square, rescaled and normalised, in 8 bits up to there.
package struct CLIPImageProcessor: Sendable {
    /// What is done.
    package let config: CLIPImageProcessorConfig
    /// Which pass of Pillow's resize goes first.
    package let order: PillowResize.Order
    /// For each channel, what becomes of each of the 256 samples.
    private let tables: [[Float]]

    /// A processor of `config`.
    package init(_ config: CLIPImageProcessorConfig, order: PillowResize.Order = .across) {
        self.config = config
        self.order = order
        tables = zip(config.imageMean, config.imageStd).map { mean, std in
            // The product is rounded to Float32 before the mean is taken off, as numpy does.
            (0..<256).map { (Float(Double($0) * config.rescaleFactor) - Float(mean)) / Float(std) }
        }
    }

    private var filter: ResampleFilter { config.resample == .bicubic ? .bicubic : .bilinear }

    /// The middle square of a picture, of `crop_size` pixels. - Throws: `ImageError` for one that is much too long.
    package func square(_ image: Image) throws -> Image {
        let resized = try PillowResize.resizeShortestSide(
            image, to: config.shortestEdge, filter: filter, order: order)
        // transformers rounds the offset down, torchvision to nearest.
        return PillowResize.centerCrop(resized, to: config.cropSize, rounding: .down)
    }

    /// A picture as planes [3, crop_size, crop_size]. - Throws: `ImageError` for one that is much too long.
    package func planes(_ image: Image) throws -> [Float] { normalised(try square(image)) }

    /// A square of `crop_size` pixels as planes, rescaled and normalised.
    func normalised(_ square: Image) -> [Float] {
        let edge = config.cropSize
        return (0..<3).flatMap { channel in
            (0..<edge * edge).map { tables[channel][Int(square.rgb[3 * $0 + channel])] }
        }
    }

    /// Pictures [n, 3, h, w] in [-1, 1], each rounded to 8 bits as it would be in a file: [n, 3, crop_size, crop_size].
    /// - Throws: `ImageError` for pictures that are much too long.
    package func planes(_ pictures: Tensor) throws -> Tensor {
        let (count, height, width) = (pictures.shape[0], pictures.shape[2], pictures.shape[3])
        precondition(pictures.shape[1] == 3, "pictures have three channels, not \(pictures.shape)")
        let pictures = pictures.onHost
        let values = try (0..<count).flatMap {
            try planes(PixelPlanes.image(pictures.slice($0..<$0 + 1).floats, width: width, height: height))
        }
        return Tensor(values, shape: [count, 3, config.cropSize, config.cropSize])
    }
}
