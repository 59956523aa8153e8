import Datasets

/// Makes pictures ready as torchvision does for tensors: RGB as floats first, the shorter side to size by a cubic that is
/// neither rounded nor clamped, the middle square, normalised.
///
/// Source: `image_transform` of tgxs002/HPSv2, whose `ToTensor` stands before its `Resize`.
package struct TensorImageProcessor: Sendable {
    /// Edge of the squares, in pixels.
    package let edge: Int
    /// Whether the cubic widens when it shrinks a picture, as torchvision's does from 0.17 on.
    package let antialias: Bool
    private let mean: [Float]
    private let std: [Float]

    /// Squares of `edge` pixels, less the mean and over the standard deviation of each channel.
    package init(edge: Int, mean: [Double], std: [Double], antialias: Bool) {
        (self.edge, self.antialias) = (edge, antialias)
        (self.mean, self.std) = (mean.map(Float.init), std.map(Float.init))
    }

    /// A picture as planes [3, edge, edge]. - Throws: `ImageError` for one that is much too long.
    package func planes(_ picture: StoredPicture) throws -> [Float] {
        let image = picture.image
        let size = try PillowResize.boundedSize(
            width: image.width, height: image.height, to: edge, file: picture.file)
        let region = PixelRegion(
            top: PillowResize.centerOffset(of: size.height, edge: edge),
            left: PillowResize.centerOffset(of: size.width, edge: edge), height: edge, width: edge)
        let planes = TensorResize.planes(
            image, width: size.width, height: size.height, region: region, kind: .bicubic(antialias: antialias))
        return planes.enumerated().map { place, value in
            let channel = place / (edge * edge)
            return (value - mean[channel]) / std[channel]
        }
    }
}
