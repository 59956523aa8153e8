/// The part of a stored picture that a training picture shows, in pixels.
package struct PictureFrame: Sendable, Hashable {
    /// Height of the picture before the crop, as time ids state it.
    package let height: Int
    /// Width of the picture before the crop, as time ids state it.
    package let width: Int
    /// Rows above the crop.
    package let top: Int
    /// Columns left of the crop.
    package let left: Int

    /// A frame of a picture of `height` rows.
    package init(height: Int, width: Int, top: Int, left: Int) {
        (self.height, self.width, self.top, self.left) = (height, width, top, left)
    }
}
