/// Where a prepared picture lies in the one that it was made from, in pixels: the size of the picture before it was cut, and
/// the corner at which it was cut.
package struct PictureFrame: Sendable, Hashable {
    /// Height and width of the whole picture.
    package let height, width: Int
    /// Rows above and columns left of what was cut out.
    package let top, left: Int

    /// A part of a picture of `height` × `width` that begins at (`top`, `left`).
    package init(height: Int, width: Int, top: Int = 0, left: Int = 0) {
        (self.height, self.width, self.top, self.left) = (height, width, top, left)
    }
}
