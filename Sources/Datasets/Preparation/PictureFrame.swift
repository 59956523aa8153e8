/// Which part of a stored picture a model is shown: what SDXL is told of it.
package struct PictureFrame: Sendable, Hashable {
    /// Rows of the picture as it is stored.
    package let height: Int
    /// Columns of the picture as it is stored.
    package let width: Int
    /// Rows above the crop, of the picture resized.
    package let top: Int
    /// Columns left of the crop, of the picture resized.
    package let left: Int

    /// A part of a picture of `height` times `width` pixels.
    package init(height: Int, width: Int, top: Int, left: Int) {
        (self.height, self.width, self.top, self.left) = (height, width, top, left)
    }

    /// A whole picture of this edge.
    package static func whole(_ size: Int) -> PictureFrame {
        PictureFrame(height: size, width: size, top: 0, left: 0)
    }
}
